# frozen_string_literal: true

module RestSessions
  # Takes the text of an event stream (Server-Sent Events) apart, wherever it was cut. What is longer than an event can be comes from no
  # session server, and must not fill the memory.
  class EventFrames
    # Of a line, and of an event. Units: bytes.
    LIMIT = 1 << 20
    # Absence: nil; without `data` only the position moved on.
    Frame = Struct.new(:name, :data)
    LINE_END = /[\r\n]/n
    MARK = "\xEF\xBB\xBF".b.freeze
    private_constant :LINE_END, :MARK

    # How long to wait before a new connection, as the server wants it. Units: seconds. Absence: nil.
    attr_reader :pause
    # Behind the last frame. Absence: nil where none had one, and the stream began without.
    attr_accessor :position

    def initialize(position)
      @position = position
      @rest = "".b
      @is_first = true
      begin_frame
    end

    # Yields each frame that these bytes complete. Errors: ArgumentError when one is too long.
    def feed(bytes)
      @rest << bytes
      from = 0
      while (cut = @rest.index(LINE_END, from))
        line = @rest.byteslice(from, cut - from)
        # The half of a CR LF that came before.
        is_half = line.empty? && @was_cr && @rest.getbyte(cut) == 10
        @was_cr = @rest.getbyte(cut) == 13
        from = cut + 1
        frame = is_half ? nil : take(line)
        yield frame if frame
      end
      @rest = @rest.byteslice(from..)
      check(@rest)
    end

    private

    def take(line)
      check(line)
      line = line.delete_prefix(MARK) if @is_first
      @is_first = false
      return finished if line.empty?

      name, _, value = line.partition(":")
      field(name, value.delete_prefix(" ").force_encoding(Encoding::UTF_8))
      nil
    end

    def check(line)
      raise ArgumentError, "it is longer than #{LIMIT} bytes" if line.bytesize + @size > LIMIT
    end

    def field(name, value)
      case name
      when "event" then @name = value
      when "data"
        @data << value
        @size += value.bytesize + 1
      when "id" then @new_position = value if value.ascii_only? && value.match?(/\A[!-~]+\z/)
      when "retry" then @pause = value.to_i / 1000.0 if value.match?(/\A\d{1,9}\z/)
      end
    end

    def finished
      @position = @new_position || @position
      frame = Frame.new(@name, @data.empty? ? nil : @data.join("\n"))
      begin_frame
      frame
    end

    def begin_frame
      @name = nil
      @data = []
      @new_position = nil
      @size = 0
    end
  end
end
