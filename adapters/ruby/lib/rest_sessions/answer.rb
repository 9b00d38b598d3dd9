# frozen_string_literal: true

require "json"
require "time"

module RestSessions
  # What an answer means. Whatever is none of the server's is never "no such session", on which users are logged out.
  class Answer
    # Errors: SessionNotFound, Configuration, ServerLost, Error.
    def self.read(settings, call, response, text)
      new(settings, call, response, text).read
    end

    # Raises what an answer means that should have been an event stream.
    def self.refuse(settings, response, text)
      new(settings, Call.new(repeatable: true), response, text).refuse
    end

    # The error for what is no event in an answer that should tell of events. To ask again would not help.
    def self.no_event(settings, fault)
      Configuration.new("not_rest_sessions", "#{settings.base} tells of something that is no event: #{fault.message[0, 200]}")
    end

    def initialize(settings, call, response, text)
      @settings = settings
      @call = call
      @status = response.code.to_i
      @media = response["content-type"].to_s[/\A[^;]*/].strip.downcase
      @retry_after = response["retry-after"]
      @text = text
    end

    # Gives the object that the answer holds.
    def read
      if @status < 300 && @media == "application/json"
        body = parsed
        return body if body.is_a?(Hash) && (@call.shape.nil? || @call.shape.call(body))
      end
      if @status >= 400 && @media == "application/problem+json"
        problem = parsed
        raise refusal(problem) if problem.is_a?(Hash) && problem["code"].is_a?(String)
      end
      raise strange
    end

    def refuse
      read
      raise strange
    end

    private

    def parsed
      JSON.parse(@text, max_nesting: 100)
    rescue JSON::ParserError
      nil
    end

    def refusal(problem)
      code = problem["code"]
      detail = (problem["detail"] || code).to_s
      case code
      when "session_not_found" then SessionNotFound.new
      when "unauthorized" then wrong("wrong_key", "#{@settings.base} does not take the API key", detail)
      when "forbidden"
        wrong("wrong_key", "#{@settings.base} does not let this API key do that in the app #{@settings.app}", detail)
      when "app_not_found" then wrong("wrong_app", "#{@settings.base} has no app #{@settings.app}", detail)
      else
        Error.new(code, detail, status: @status, retryable: @status == 429 || @status >= 500, retry_after: seconds,
                                faults: problem["errors"] || [])
      end
    end

    def wrong(code, message, detail)
      Configuration.new(code, "#{message} (#{detail})", status: @status)
    end

    # A proxy's page, or another server's.
    def strange
      if @status >= 500 || @status == 429
        # A proxy that gives up on an answer does not know whether a write was done.
        return ServerLost.new("unreachable", "#{@settings.base} answered #{@status}, which is not of the session server itself",
                              status: @status, retryable: @call.repeatable || [429, 503].include?(@status),
                              retry_after: seconds)
      end
      Configuration.new("not_rest_sessions",
                        "there is no REST-Sessions server at #{@settings.base}: it answered #{@status} #{@media}".rstrip,
                        status: @status)
    end

    # Reads seconds, or as proxies have it an instant. Absence: nil.
    def seconds
      return nil if @retry_after.nil?
      return @retry_after.to_i if @retry_after.match?(/\A\d+\z/)

      [0, (Time.httpdate(@retry_after) - Time.now).round].max
    rescue ArgumentError
      nil
    end
  end
end
