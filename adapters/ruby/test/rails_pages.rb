# frozen_string_literal: true

require_relative "browser"
# Debian's Rails is older than its Ruby's habits, and warns of itself.
verbose = $VERBOSE
$VERBOSE = nil
require "action_controller"
require "action_dispatch"
$VERBOSE = verbose
require "action_dispatch/session/rest_sessions"

# A controller whose action does what the request's env says.
class PagesController < ActionController::Base
  def index
    request.env["test.page"].call(Deeds.new(self))
    head :ok
  end

  # What an action does with its session, as applications do it.
  Deeds = Struct.new(:controller) do
    delegate :session, :flash, :request, to: :controller
    def options = request.session_options
    def see(key) = session[key]
    def set(key, value) = session[key] = value
    def unset(key) = session.delete(key)
    def logout = controller.reset_session
    def csrf = controller.send(:form_authenticity_token)

    def login(subject)
      session[:_user] = subject
      options[:renew] = true
    end
  end
end

# The part of Rails' middleware that sessions need.
module RailsPages
  def self.application(url, app, **options)
    options = { url: url, app: app, subject: ->(session) { session["_user"] } }.merge(options)
    routes = ActionDispatch::Routing::RouteSet.new
    routes.draw { root to: "pages#index" }
    stack = ActionDispatch::MiddlewareStack.new do |middleware|
      middleware.use ActionDispatch::Cookies
      middleware.use ActionDispatch::Session::RestSessions, options
      middleware.use ActionDispatch::Flash
    end
    Rack::MockRequest.new(stack.build(routes))
  end

  def self.browser(...)
    Browser.new(application(...))
  end
end
