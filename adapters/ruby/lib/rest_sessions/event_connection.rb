# frozen_string_literal: true

require "net/http"

module RestSessions
  # One connection of an event stream.
  class EventConnection
    # An answer that is no stream is an error, and short. Units: bytes.
    LONGEST_REFUSAL = 1 << 16
    private_constant :LONGEST_REFUSAL

    # Opens it. `silence`: after how many seconds without a byte it counts as dead. Errors: ServerLost.
    def initialize(settings, silence)
      @settings = settings
      @is_telling = false
      @http = Transport.open(settings, read_timeout: silence)
    rescue *Transport::LOST => e
      raise lost(e)
    end

    # Whether what was raised came from the block that a frame was yielded to.
    def telling?
      @is_telling
    end

    # Yields each EventFrames::Frame that comes, and the EventFrames, until the connection ends. Errors: ServerLost, also when the server
    # ends it; Timeout; what the server refuses with; Configuration for what is no event stream.
    def read(path, position, &block)
      refused = nil
      @http.request(request(path, position)) do |response|
        if stream?(response)
          frames = EventFrames.new(position)
          response.read_body { |part| frames.feed(part) { |frame| tell(frame, frames, &block) } }
        else
          refused = [response, beginning(response)]
        end
      end
      Answer.refuse(@settings, *refused) if refused
      raise ServerLost.new("unreachable", "#{@settings.base} ended the stream", retryable: true)
    rescue Net::ReadTimeout, Net::WriteTimeout, *Transport::LOST, ArgumentError => e
      raise @is_telling ? e : failure(e)
    end

    # Closes it, whoever reads on it.
    def close
      @http.finish
    rescue IOError
      # It was not open any more.
    end

    private

    def request(path, position)
      headers = @settings.headers.merge("Accept" => "text/event-stream", "Cache-Control" => "no-store")
      headers["Last-Event-ID"] = position if position
      Net::HTTP::Get.new(@settings.path(path), headers)
    end

    def stream?(response)
      response.code == "200" && response["content-type"].to_s.match?(%r{\Atext/event-stream\s*(;|\z)}i)
    end

    def tell(frame, frames)
      @is_telling = true
      yield frame, frames
      @is_telling = false
    end

    def beginning(response)
      text = +""
      response.read_body do |part|
        text << part
        raise IOError, "its answer is too long" if text.bytesize > LONGEST_REFUSAL
      end
      text.force_encoding(Encoding::UTF_8)
    end

    def failure(error)
      case error
      when Net::ReadTimeout, Net::WriteTimeout
        Timeout.new("timeout", "#{@settings.base} said nothing for #{@http.read_timeout} s", retryable: true)
      when ArgumentError then Answer.no_event(@settings, error)
      else lost(error)
      end
    end

    def lost(error)
      ServerLost.new("unreachable", "#{@settings.base} cannot be reached: #{error.message} (#{error.class})", retryable: true)
    end
  end
end
