# frozen_string_literal: true

module RestSessions
  # What the server's answers hold at least. Another server may well answer 200 with JSON, such as a proxy that says that it is being worked
  # on. That is never taken for an empty session.
  module Shapes
    SESSION = lambda do |of|
      of.is_a?(Hash) && of["id"].is_a?(String) && of["version"].is_a?(Integer) && of["data"].is_a?(Hash)
    end
    TOKEN_AND_SESSION = ->(of) { RestSessions.token?(of["token"]) && SESSION.call(of["session"]) }
    PAGE = ->(of) { of["sessions"].is_a?(Array) && of["sessions"].all?(&SESSION) && of.key?("cursor") }
    COUNTS = ->(of) { %w[subjects sessions].all? { |name| of[name].is_a?(Integer) } }
    HISTORY = ->(of) { of["history"].is_a?(Array) && of["history"].all?(Hash) }
    REVOKED = ->(of) { of["revoked"].is_a?(Integer) }
    ERASED = ->(of) { of["erased"].is_a?(Integer) }

    # Of a part of a session.
    def self.members(names)
      names ? ->(of) { names.all? { |name| of.key?(name.to_s) } } : SESSION
    end

    # Of as many tokens as were asked for.
    def self.verified(count)
      lambda do |of|
        of["results"].is_a?(Array) && of["results"].size == count &&
          of["results"].all? { |result| result.is_a?(Hash) && (result["active"] == false || SESSION.call(result["session"])) }
      end
    end
  end
  private_constant :Shapes
end
