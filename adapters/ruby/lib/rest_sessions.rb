# frozen_string_literal: true

require_relative "rest_sessions/version"
require_relative "rest_sessions/errors"
require_relative "rest_sessions/settings"
require_relative "rest_sessions/transport"
require_relative "rest_sessions/shapes"
require_relative "rest_sessions/answer"
require_relative "rest_sessions/event"
require_relative "rest_sessions/event_frames"
require_relative "rest_sessions/event_connection"
require_relative "rest_sessions/event_stream"
require_relative "rest_sessions/webhook"
require_relative "rest_sessions/client"

# Rails looks `config.session_store :rest_sessions` up as this constant.
if defined?(Rails)
  module ActionDispatch # :nodoc:
    module Session # :nodoc:
      autoload :RestSessions, "action_dispatch/session/rest_sessions"
    end
  end
end
