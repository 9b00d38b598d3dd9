# frozen_string_literal: true

require "rack"
require "stringio"
require_relative "contract"

# A visitor of one application: each visit does something with the session, and the cookie is kept.
class Browser
  # Absence: nil without a cookie.
  attr_accessor :token
  attr_reader :application

  # `application`: a Rack::MockRequest whose page does what env["test.page"] says.
  def initialize(application, token = nil)
    @application = application
    @token = token
  end

  # Gives the response. `told`: whether Rack told that the session could not be saved.
  def visit(**env, &page)
    errors = StringIO.new
    env = { "test.page" => page, "rack.errors" => errors }.merge(env.transform_keys(&:to_s))
    env["HTTP_COOKIE"] ||= "#{env["HTTPS"] ? "__Host-" : ""}session=#{@token}" if @token
    response = @application.get("/", env)
    @told = errors.string.include?("failed to save session")
    take(self.class.cookie_lines(response))
    response
  end

  def told?
    @told
  end

  def self.cookie_lines(response)
    Array(response["Set-Cookie"]).flat_map { |lines| lines.split("\n") }
  end

  # What Contract.play asks for, on such an application.
  def self.for_contract(pages)
    lambda do |url, app|
      browser = pages.browser(url, app)
      lambda do |cookie, page|
        browser.token = cookie
        response = browser.visit(&page)
        Contract::Answer.new(browser.told? ? "told" : "well", cookie_lines(response))
      rescue RestSessions::Error
        Contract::Answer.new("error", [])
      end
    end
  end

  private

  def take(lines)
    value = lines.filter_map { |line| line[/\A(?:__Host-)?session=([^;]*)/, 1] }.last
    @token = value unless value.nil?
    @token = nil if value == ""
  end
end
