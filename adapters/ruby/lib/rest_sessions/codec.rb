# frozen_string_literal: true

require "json"

module RestSessions
  # What a session of Ruby is as data that every stack reads, and back.
  #
  # A key whose value JSON has is a key of the data. What is the framework's own (names that begin with `_`, the flash) and what JSON has
  # no form for (symbols, times, hashes with keys that are no strings, objects) is under one key of its own, `_rack` or `_rails`:
  # {"values": {…}, "marshal": {name: base64}}. The private keys of other frameworks are neither shown nor sent.
  #
  # Marshal makes objects of whatever it is given, so whoever can write a private key can run code here. Applications cannot: theirs are
  # names below it. Where API keys that may write are in hands that must not, `marshal: false` refuses such values.
  class Codec
    # The server takes data of 32 levels, and the data itself is one.
    DEEPEST = 31
    private_constant :DEEPEST

    def initialize(private_key, private_names: [], marshal: true)
      @private_key = private_key
      @private_names = private_names
      @marshal = marshal
    end

    # Gives the values of a session, by their names.
    def open(data)
      own = data[@private_key]
      own = {} unless own.is_a?(Hash)
      values = own["values"].is_a?(Hash) ? own["values"] : {}
      values = values.merge(opened(own["marshal"]))
      # What another stack wrote since is newer than what Ruby kept of the same name.
      values.merge(data.reject { |key, _| key.start_with?("_") })
    end

    # Gives the data of a session. Errors: TypeError that names what cannot be kept.
    def pack(values)
      data = {}
      own = { "values" => {}, "marshal" => {} }
      values.each do |key, value|
        raise TypeError, "a key of a session must be text in UTF-8, not #{key.inspect}" unless json?(key) && key.is_a?(String)

        if !json?(value) then own["marshal"][key] = packed(key, value)
        elsif private?(key) then own["values"][key] = value
        else
          data[key] = value
        end
      end
      own.reject! { |_, kept| kept.empty? }
      own.empty? ? data : data.merge(@private_key => own)
    end

    # Takes a picture of data: the JSON text of each key.
    def self.texts(data)
      data.transform_values { |value| JSON.generate(value) }
    end

    private

    def private?(key)
      key.start_with?("_") || @private_names.include?(key)
    end

    # Tells whether JSON gives it back as it is. A subclass would come back as its parent.
    def json?(value, depth = 0)
      case value
      when nil, true, false, Integer then true
      when Float then value.finite?
      when String then value.instance_of?(String) && text?(value)
      when Array then value.instance_of?(Array) && depth < DEEPEST && value.all? { |each| json?(each, depth + 1) }
      when Hash then value.instance_of?(Hash) && depth < DEEPEST && plain?(value, depth)
      else false
      end
    end

    def text?(string)
      string.ascii_only? || (string.encoding == Encoding::UTF_8 && string.valid_encoding?)
    end

    def plain?(hash, depth)
      hash.default.nil? && hash.default_proc.nil? &&
        hash.all? { |key, value| key.instance_of?(String) && text?(key) && json?(value, depth + 1) }
    end

    def packed(key, value)
      unless @marshal
        raise TypeError, "the session's #{key} cannot be kept: JSON has no form for all of it, and it may not be marshalled"
      end

      [Marshal.dump(value)].pack("m0")
    rescue TypeError => e
      raise e unless @marshal

      raise TypeError, "the session's #{key} cannot be kept: #{e.message}"
    end

    # A class that is not loaded is Marshal's ArgumentError, which Rails answers by loading it.
    def opened(marshalled)
      return {} unless @marshal && marshalled.is_a?(Hash)

      marshalled.transform_values { |text| Marshal.load(text.unpack1("m0")) } # rubocop:disable Security/MarshalLoad
    end
  end
end
