# frozen_string_literal: true

require_relative "browser"
require "rack/session/rest_sessions"

# A Rack application whose page does what the request's env says.
module RackPages
  # What a page does with its session.
  Deeds = Struct.new(:env) do
    def session = env["rack.session"]
    def options = session.options
    def see(key) = session[key]
    def set(key, value) = session[key] = value
    def unset(key) = session.delete(key)
    def logout = session.destroy

    def login(subject)
      session["_user"] = subject
      options[:renew] = true
    end
  end

  def self.application(url, app, **options)
    page = lambda do |env|
      env["test.page"].call(Deeds.new(env))
      [200, { "Content-Type" => "text/plain" }, []]
    end
    options = { url: url, app: app, subject: ->(session) { session["_user"] } }.merge(options)
    Rack::MockRequest.new(Rack::Lint.new(Rack::Session::RestSessions.new(page, options)))
  end

  def self.browser(...)
    Browser.new(application(...))
  end
end
