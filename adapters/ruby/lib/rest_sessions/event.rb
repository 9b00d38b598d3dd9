# frozen_string_literal: true

require "json"

module RestSessions
  # What happened to a session, or to policy and keys of the server: a CloudEvent, told by the stream, by a page or by a webhook. It may be
  # told more than once, always with the same id.
  class Event
    # Where the stream goes on after it (`after:` of Client#events). Absence: nil for an event of a page or a webhook.
    attr_reader :position
    # For example "session.ended". A later server may have more types.
    attr_reader :type
    # The same however often the event is told.
    attr_reader :id
    # "/apps/shop", or "/server".
    attr_reader :source
    # When it happened, as a text of RFC 3339 in UTC.
    attr_reader :time
    # "version.count" of the session.
    attr_reader :sequence
    # The id of the session. Absence: nil for an event of the server.
    attr_reader :session
    # What docs/events.md says of the type, with the names there: "reason", "by", "note", …
    attr_reader :data

    # `told`: parsed JSON. Errors: ArgumentError when it is no event.
    def initialize(told, position = nil)
      raise ArgumentError, "it is no CloudEvent" unless told.is_a?(Hash) && told["type"].is_a?(String)

      @position = position
      @type, @id, @source, @time, @sequence, @session = told.values_at("type", "id", "source", "time", "sequence", "subject")
      @data = told["data"].is_a?(Hash) ? told["data"] : {}
      @told = told
    end

    # Errors: ArgumentError.
    def self.parse(json, position = nil)
      new(read(json), position)
    end

    # Errors: ArgumentError for what is no JSON.
    def self.read(json)
      JSON.parse(json.dup.force_encoding(Encoding::UTF_8), max_nesting: 100)
    rescue JSON::ParserError, EncodingError
      raise ArgumentError, "it is no JSON"
    end

    # Whose session it is. Absence: nil.
    def subject
      @data["subject"]
    end

    # The app that it is of. Absence: nil for an event of the server.
    def app
      @source.to_s[%r{\A/apps/([^/]+)\z}, 1]
    end

    # Rises from event to event of a session. One that is not above what was seen of the session before is old, or told again.
    def count
      @sequence.to_s[/\.(\d+)\z/, 1].to_i
    end

    # The CloudEvent as it came.
    def to_h
      @told
    end
  end

  # Events are missing: those behind the position that was asked for are gone, or this reader was too slow. What is known of sessions must
  # be asked anew. The stream goes on at `position`.
  Resync = Struct.new(:position)

  # A part of the journal: its events, the position to ask after for the next page, whether there are events behind it already (with a
  # choice of types or of a user a page may be empty and there be more), and whether events are missing before it.
  EventPage = Struct.new(:events, :next, :more, :resync, keyword_init: true) do
    alias_method :more?, :more
    alias_method :resync?, :resync
  end
end
