# frozen_string_literal: true

module RestSessions
  # Knows when each session was last touched by this process: a read slides the idle deadline, but once in a while is enough.
  class TouchTimes
    # Tokens that are remembered at most. One that is forgotten is touched once more, which does no harm.
    MOST = 10_000
    private_constant :MOST

    def initialize(interval)
      unless interval.is_a?(Numeric) && !interval.negative?
        raise Configuration.new("wrong_touch_interval", "touch_interval must be a number of seconds from 0 on")
      end

      @interval = interval
      @due = {}
      @mutex = Mutex.new
    end

    def due?(token)
      @mutex.synchronize { @due.fetch(token, 0) <= now }
    end

    # `idle_timeout`: in seconds, or nil. A session that ends sooner is touched twice in it, or it would end while someone is there.
    def note(token, idle_timeout)
      enough = idle_timeout.nil? ? @interval : [@interval, idle_timeout / 2.0].min
      @mutex.synchronize do
        @due.delete(token)
        @due[token] = now + enough
        @due.shift if @due.size > MOST
      end
    end

    def forget(token)
      @mutex.synchronize { @due.delete(token) }
    end

    private

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
