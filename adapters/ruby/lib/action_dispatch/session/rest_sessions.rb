# frozen_string_literal: true

require "action_dispatch"
require "action_dispatch/middleware/session/abstract_store"
require_relative "../../rest_sessions/store"

module ActionDispatch
  module Session
    # Rails' sessions on a REST-Sessions server. In config/initializers/session_store.rb:
    #
    #   Rails.application.config.session_store :rest_sessions, url: "http://127.0.0.1:3000", app: "shop"
    #
    # Options are those of Rails' other stores, and those of Rack::Session::RestSessions. The flash and the CSRF token are under `_rails`.
    class RestSessions < AbstractSecureStore
      DEFAULT_OPTIONS = Rack::Session::Abstract::Persisted::DEFAULT_OPTIONS.merge(same_site: :lax).freeze

      include ::RestSessions::Store

      def initialize(app, options = {})
        super(app, { key: "session" }.merge(set_up(options, "_rails", ["flash"])))
      end

      private

      def set_cookie(request, _response, cookie)
        request.cookie_jar[cookie_name(request)] = cookie.merge(secure: secure?(request))
      end

      def clear_cookie(request, _response)
        request.cookie_jar.delete(cookie_name(request), where(request))
      end
    end
  end
end
