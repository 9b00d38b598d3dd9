# frozen_string_literal: true

require "net/http"

module RestSessions
  # A connection of Net::HTTP that sees the end of an answer. Net::HTTP bounds each wait for bytes alone, so an answer that comes in drops
  # would take as long as it likes; and it takes an answer that was cut off for a whole one.
  class Connection < Net::HTTP
    # Reads a socket of Net::HTTP until a deadline, and raises EOFError where something is missing.
    module Whole
      attr_writer :deadline

      def read(length, dest = "".b, _ignore_eof = nil)
        super(length, dest)
      end

      def readuntil(terminator, _ignore_eof = nil)
        super(terminator)
      end

      private

      def rbuf_fill
        if @deadline
          left = @deadline - Process.clock_gettime(Process::CLOCK_MONOTONIC)
          raise Net::ReadTimeout unless left.positive?

          self.read_timeout = left
        end
        super
      end
    end
    private_constant :Whole

    # Units: seconds of the monotonic clock. Absence: nil for none.
    def deadline=(time)
      @deadline = time
      @socket.deadline = time
    end

    private

    # Net::HTTP calls it for each connection, also where it makes anew one that was kept for too long.
    def on_connect
      super
      @socket.extend(Whole)
      @socket.deadline = @deadline
    end
  end
  private_constant :Connection
end
