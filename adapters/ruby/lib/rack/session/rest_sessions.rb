# frozen_string_literal: true

require_relative "../../rest_sessions/store"

module Rack
  module Session
    # Rack's sessions on a REST-Sessions server.
    #
    #   use Rack::Session::RestSessions, url: "http://127.0.0.1:3000", app: "shop"
    #
    # `session["cart"]` is data.cart for every other stack. Options are those of Rack's other sessions, and:
    # - url, app, api_key, timeout (2 s): as of RestSessions::Client; or `client`, one that is there already;
    # - subject: a lambda that tells from the session's hash who is logged in, or nil. It gets a new token when that changes;
    # - touch_interval (30 s): for how long one read is enough to tell that someone is there;
    # - marshal (true): whether values that JSON has no form for are kept.
    class RestSessions < Abstract::PersistedSecure
      DEFAULT_OPTIONS = Abstract::Persisted::DEFAULT_OPTIONS.merge(key: "session", same_site: :lax).freeze

      include ::RestSessions::Store

      def initialize(app, options = {})
        super(app, set_up(options, "_rack", []))
      end

      private

      def set_cookie(request, response, cookie)
        name = cookie_name(request)
        return unless request.cookies[name] != cookie[:value] || cookie[:expires]

        response.set_cookie(name, cookie.merge(secure: secure?(request)))
      end

      def clear_cookie(request, response)
        response.delete_cookie(cookie_name(request), where(request).merge(httponly: true, same_site: @same_site))
      end
    end
  end
end
