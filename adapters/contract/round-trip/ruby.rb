# frozen_string_literal: true

# Rack and Rails in the test of round trips: README.md has the orders. Each line on the standard input is one.
$LOAD_PATH.unshift File.expand_path("../../ruby/lib", __dir__)
require "json"
require "time"
require_relative "../../ruby/test/rack_pages"
require_relative "../../ruby/test/rails_pages"

VALUES = {
  "integer beyond 2^53" => 2**53 + 1,
  "integer beyond 2^64" => 2**65 + 1,
  "whole float" => 1.0,
  "whole number" => 1,
  "negative zero" => -0.0,
  "empty list" => [],
  "empty map" => {},
  "empty in a nest" => { "a" => [], "b" => {}, "c" => [{}] },
  "order of members" => { "z" => 1, "a" => 2, "10" => 3, "9" => 4 },
  "null" => nil,
  "astral text" => "\u{1f600} a\u0308 \0 \u2028",
  "half of a character" => "\xED\xA0\x80",
  "bytes" => "\x00\x01\x7f\xff".b,
  "instant" => Time.utc(2026, 11, 28, 12, 34, 56)
}.freeze

def faults(session, names)
  names.filter_map { |name| [name, session[name].inspect] if session[name].inspect != VALUES[name].inspect }.to_h
end

def obey(session, order)
  case order["do"]
  when "write" then order["names"].each { |name| session[name] = VALUES[name] }
  when "check" then return faults(session, order["names"])
  when "add"
    session.to_hash
    session[order["key"]] = 1
  when "copy" then session["copy"] = [session[order["key"]]]
  end
  {}
end

PAGES = { "Rack" => RackPages, "Rails" => RailsPages }.freeze

def answer(order)
  browser = Browser.new(PAGES.fetch(order["framework"]).application(order["url"], order["app"]), order["token"])
  found = nil
  browser.visit { |page| found = obey(page.session, order) }
  { token: browser.token, faults: found }
rescue StandardError => e
  { error: "#{e.class}: #{e.message}".scrub }
end

$stdout.sync = true
$stdin.each_line { |line| puts JSON.generate(answer(JSON.parse(line))) }
