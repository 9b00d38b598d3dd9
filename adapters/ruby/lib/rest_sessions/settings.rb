# frozen_string_literal: true

require "uri"

module RestSessions
  # Where the server is, and who asks. Errors: Configuration that says which option is wrong.
  class Settings
    APP = /\A[A-Za-z0-9_-]{3,20}\z/
    KEY = /\A[!-~]+\z/
    private_constant :APP, :KEY

    attr_reader :uri, :app, :timeout, :headers

    def initialize(url, app, key, timeout)
      @uri = checked_url(url)
      raise Configuration.new("wrong_app", "app must be 3 to 20 letters, digits, _ or -, and is #{app.inspect}") unless
        app.is_a?(String) && APP.match?(app)
      raise Configuration.new("wrong_key", "key must be visible ASCII characters without spaces") unless
        key.nil? || (key.is_a?(String) && key.ascii_only? && KEY.match?(key))
      raise Configuration.new("wrong_timeout", "timeout must be a number of seconds above 0") unless
        timeout.is_a?(Numeric) && timeout.positive?

      @app = app
      @timeout = timeout
      # Answers are small and the server is near, so compression would cost more than it saves.
      @headers = { "Accept" => "application/json", "Accept-Encoding" => "identity" }
      @headers["Authorization"] = "Bearer #{key}" if key
    end

    # The URL as it is told in errors.
    def base
      @uri.to_s.chomp("/")
    end

    # Gives the path of a call below the app's.
    def path(rest)
      "#{@uri.path.chomp("/")}/v1/apps/#{@app}#{rest}"
    end

    private

    def checked_url(url)
      uri = parsed(url)
      raise Configuration.new("wrong_url", "url must be an http or https URL, and is #{url.inspect}") if uri.nil?
      return uri unless uri.userinfo || uri.query || uri.fragment

      raise Configuration.new("wrong_url", "url must have no user, query or fragment: an API key is the option key")
    end

    # Absence: nil for what is no such URL.
    def parsed(url)
      uri = URI.parse(url.to_s)
      uri if uri.is_a?(URI::HTTP) && !uri.hostname.to_s.empty?
    rescue URI::InvalidURIError
      nil
    end
  end
end
