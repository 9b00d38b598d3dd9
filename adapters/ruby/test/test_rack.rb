# frozen_string_literal: true

require_relative "support"
require "rack"
require "rack/session/rest_sessions"

# Rack pages, each in a browser of its own.
module RackPages
  # What a page does with its session.
  Deeds = Struct.new(:env) do
    def session = env["rack.session"]
    def see(key) = session[key]
    def set(key, value) = session[key] = value
    def unset(key) = session.delete(key)
    def logout = session.destroy

    def login(subject)
      session["_user"] = subject
      session.options[:renew] = true
    end
  end

  # Gives an application whose page does what the request's env says.
  def self.application(url, app, **options)
    page = lambda do |env|
      env["page"].call(Deeds.new(env))
      [200, {}, []]
    end
    subject = ->(session) { session["_user"] }
    Rack::MockRequest.new(Rack::Session::RestSessions.new(page, { url: url, app: app, subject: subject, **options }))
  end

  def self.cookie_lines(response)
    Array(response["Set-Cookie"]).flat_map { |lines| lines.split("\n") }
  end

  # Gives the token of the cookie that a response sets. Absence: nil.
  def self.token(response)
    cookie_lines(response).filter_map { |line| line[/\A(?:__Host-)?session=([^;]+)/, 1] }.first
  end

  # Gives what is asked by the contract.
  def self.for_contract(url, app)
    browser = application(url, app)
    lambda do |cookie, page|
      env = { "page" => page, "rack.errors" => StringIO.new }
      env["HTTP_COOKIE"] = "session=#{cookie}" if cookie
      response = browser.get("/", env)
      told = env["rack.errors"].string.include?("failed to save session")
      Contract::Answer.new(told ? "told" : "well", cookie_lines(response))
    rescue RestSessions::Error
      Contract::Answer.new("error", [])
    end
  end
end

class RackContractTest < Minitest::Test
  Contract.vectors.each do |vector|
    define_method("test_#{vector["name"]}") do
      assert_empty Contract.play(vector["name"], RackPages.method(:for_contract)), vector["title"]
    end
  end

  def test_there_are_vectors
    assert_operator Contract.vectors.size, :>=, 30
  end
end
