# frozen_string_literal: true

module RestSessions
  # The events of an app as they happen, over a connection of its own that is made anew whenever it breaks:
  #
  #   client.events(types: ["session.ended"]).each { |event| … }
  #
  # No event is missed between two connections: each begins where the last one ended. Of those that cannot be told any more a Resync
  # tells. The event at which a block raised is told again by a stream that begins at the `position` of this one.
  class EventStream
    include Enumerable

    # Before a new connection, at first and at most. Units: seconds. A part of it is chance, so that not all readers come back at once.
    FIRST_PAUSE = 0.5
    LONGEST_PAUSE = 30
    # How soon a pause sees that the stream was stopped. Units: seconds.
    SLICE = 0.1
    private_constant :FIRST_PAUSE, :LONGEST_PAUSE, :SLICE

    # Behind the last event that the block was done with. Absence: nil at the beginning of a stream that begins now.
    attr_reader :position

    # Client#events makes it.
    def initialize(settings, path, after:, silence:, on_retry:)
      @settings = settings
      @path = path
      @position = after
      @silence = silence
      @on_retry = on_retry
      @is_stopped = false
    end

    # Yields Event and Resync until it is stopped. It raises only what another attempt would not help with: Configuration, and the Error of
    # a refusal such as "invalid_cursor".
    def each(&block)
      return to_enum(:each) unless block

      @failures = 0
      @first_pause = FIRST_PAUSE
      until @is_stopped
        failure = attempt(&block)
        pause(failure) unless @is_stopped
      end
      self
    end

    # Ends it, from any thread or handler of signals, also while it waits. What the block is at is the last event.
    def stop
      @is_stopped = true
      connection = @connection
      # In a thread of its own: a handler of signals may stand in the very read that this ends.
      Thread.new { connection.close } if connection
    end

    private

    # Gives why the connection ended.
    def attempt(&block)
      @connection = EventConnection.new(@settings, @silence)
      # Who stops it meanwhile cannot close it.
      @connection.read(@path, @position) { |frame, frames| take(frame, frames, &block) } unless @is_stopped
    rescue Error => e
      raise if @connection&.telling?
      raise unless e.retryable? || @is_stopped

      e
    ensure
      @connection&.close
      @connection = nil
    end

    def take(frame, frames)
      return if @is_stopped

      @failures = 0
      @first_pause = [frames.pause, LONGEST_PAUSE].min if frames.pause
      item = item_of(frame, frames.position)
      frames.position = item.position if item.is_a?(Resync)
      yield item if item
      @position = frames.position
    end

    # Absence: nil for a position alone, and for what a later server may tell beside events.
    def item_of(frame, position)
      return nil if frame.data.nil?

      case frame.name
      when nil, "", "message" then Event.parse(frame.data, position)
      when "resync" then Resync.new(Event.read(frame.data).fetch("position"))
      end
    rescue ArgumentError, IndexError, NoMethodError => e
      # Once more it would be told the same.
      raise Answer.no_event(@settings, e)
    end

    def pause(failure)
      seconds = [@first_pause * (2**[@failures, 10].min), LONGEST_PAUSE].min * rand(0.5..1.0)
      seconds = [seconds, failure.retry_after || 0].max
      @failures += 1
      @on_retry&.call(failure, seconds)
      ends = now + seconds
      while !@is_stopped && (left = ends - now).positive?
        sleep([SLICE, left].min)
      end
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
