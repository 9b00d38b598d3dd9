# frozen_string_literal: true

module RestSessions
  # What a store knows of the session of one request.
  class Page
    # The token that opens it now. Absence: nil for a session that the server does not have (yet).
    attr_reader :token
    # The session as the server last gave it. Absence: nil, as of the token.
    attr_reader :stored
    # The JSON text of each key of the data that the server has.
    attr_reader :texts
    # Whose it was, by its data, when it was read. Absence: nil.
    attr_accessor :subject
    # Rack is at the end of the request, where :renew and :drop are done.
    attr_accessor :ending

    def initialize
      @old = []
      @lost = []
      @texts = {}
    end

    def take(token, stored)
      @old << @token if @token
      @token = token
      @stored = stored
    end

    # Notes which data the server has.
    def picture(texts)
      @texts = texts
    end

    # It has ended. `lost`: the server said so.
    def forget(token, lost: false)
      @old << token
      @lost << token if lost
      @token = nil
      @stored = nil
      @texts = {}
      @subject = nil
    end

    # Tells whether a token is one of this page's session, now or before.
    def mine?(token)
      token == @token || @old.include?(token)
    end

    # Tells whether a browser that has this token has it for nothing. It has learned of its own logout.
    def lost?(token)
      @lost.include?(token)
    end
  end
end
