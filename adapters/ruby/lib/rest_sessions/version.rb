# frozen_string_literal: true

module RestSessions
  VERSION = "0.1.0"
end
