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
      @was_interrupted = false
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
      @pictured = @stored
    end

    # Tells whether the server has given other data since than the page looked at: what another page wrote before this one took a new token.
    def passed?
      @pictured && @pictured["data"] != @stored["data"]
    end

    # It has ended, as the page wanted.
    def forget(token)
      @old << token
      @token = nil
      @stored = nil
      @pictured = nil
      @texts = {}
      @subject = nil
    end

    # The server has none for the token of the browser.
    def lose(token)
      forget(token)
      @lost << token
    end

    # It ended, or got another token, while the page ran. The browser may have that one already, so its cookie is left alone.
    def interrupt(token)
      @was_interrupted = !@token.nil?
      forget(token)
    end

    # Tells whether a token is one of this page's session, now or before.
    def mine?(token)
      token == @token || @old.include?(token)
    end

    # Tells whether it ended while the page ran. Then nothing of the page is kept, or it would come back as another session.
    def interrupted?
      @was_interrupted
    end

    # Tells whether a browser that has this token has it for nothing. It has learned of its own logout.
    def lost?(token)
      @lost.include?(token)
    end
  end
end
