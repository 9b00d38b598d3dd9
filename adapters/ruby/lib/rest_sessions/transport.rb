# frozen_string_literal: true

require "net/http"
require "openssl"
require_relative "connection"

module RestSessions
  # Sends requests, over connections that are kept. Threads share them, and a process that forks gets its own.
  #
  # What is safe to repeat is sent once more when its connection broke, on a fresh connection: the server may have been restarted, and
  # then all that were kept are dead. An answer that does not come in time is not asked for again.
  class Transport
    CONNECT_TIMEOUT = 1
    # For how long a connection may lie idle. Units: seconds. Net::HTTP looks whether the server has closed it.
    IDLE = 30
    MOST_IDLE = 64
    LOST = [SystemCallError, IOError, SocketError, OpenSSL::SSL::SSLError, Net::OpenTimeout, Net::ProtocolError,
            Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError].freeze
    private_constant :IDLE, :MOST_IDLE

    # Opens a connection. Errors: those of LOST.
    def self.open(settings, **timeouts)
      # nil for the proxy: one of the environment is for the internet, and this server is beside the application.
      http = Connection.new(settings.uri.hostname, settings.uri.port, nil)
      http.use_ssl = settings.uri.scheme == "https"
      http.open_timeout = [settings.timeout, CONNECT_TIMEOUT].min
      http.write_timeout = settings.timeout
      http.keep_alive_timeout = IDLE
      # Net::HTTP would repeat a DELETE or a PUT by itself, and not know what is safe.
      http.max_retries = 0
      timeouts.each { |name, seconds| http.public_send("#{name}=", seconds) }
      http.start
    end

    def initialize(settings)
      @settings = settings
      @mutex = Mutex.new
      @idle = []
      @pid = Process.pid
    end

    # Gives the Net::HTTPResponse, and its text. Errors: Timeout, ServerLost.
    def exchange(call)
      deadline = now + CONNECT_TIMEOUT + time_of(call)
      begin
        once(call, kept, deadline)
      rescue ServerLost
        raise unless call.repeatable && now < deadline

        once(call, nil, deadline)
      end
    end

    # Closes the connections. A later call opens new ones.
    def close
      idle = @mutex.synchronize { @idle.slice!(0..) }
      idle.each { |connection| drop(connection) }
    end

    private

    def once(call, connection, deadline)
      connection ||= Transport.open(@settings)
      answer = converse(connection, call, deadline)
      is_whole = true
      answer
    rescue Net::ReadTimeout, Net::WriteTimeout
      raise Timeout.new("timeout", "#{@settings.base} did not answer within #{time_of(call)} s", retryable: call.repeatable)
    rescue *LOST => e
      raise ServerLost.new("unreachable", "#{@settings.base} cannot be reached: #{e.message} (#{e.class})",
                           retryable: call.repeatable)
    ensure
      # A thread may also be ended in the middle, and what follows on this connection would be another call's answer.
      is_whole ? keep(connection) : drop(connection)
    end

    def converse(connection, call, deadline)
      # An answer that comes in drops must not take longer than one that does not come.
      connection.deadline = [deadline, now + time_of(call)].min
      text = +""
      response = connection.request(request_of(call)) { |answer| answer.read_body { |part| text << part } }
      [response, text.force_encoding(Encoding::UTF_8)]
    end

    # Units: seconds.
    def time_of(call)
      @settings.timeout + (call.wait || 0)
    end

    def request_of(call)
      kind = Net::HTTP.const_get(call.verb)
      request = kind.new(@settings.path(call.path), @settings.headers.merge(call.headers))
      if call.body
        request["Content-Type"] = "application/json"
        request.body = call.body
      end
      request
    end

    # Absence: nil where none is kept.
    def kept
      @mutex.synchronize do
        if @pid != Process.pid
          @idle = []
          @pid = Process.pid
        end
        @idle.pop
      end
    end

    def keep(connection)
      is_kept = @mutex.synchronize { @idle.size < MOST_IDLE && @pid == Process.pid && @idle.push(connection) }
      drop(connection) unless is_kept
    end

    def drop(connection)
      connection&.finish
    rescue IOError
      # It was not open any more.
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
