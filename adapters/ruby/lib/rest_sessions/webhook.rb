# frozen_string_literal: true

require "openssl"

module RestSessions
  # Verifies the webhooks of the server, which are signed by the specification Standard Webhooks:
  #
  #   WEBHOOK = RestSessions::Webhook.new(ENV.fetch("WEBHOOK_SECRET"))
  #   WEBHOOK.verify(request.body.read, request.env).each { |event| … }
  #
  # A webhook may come more than once, also after others of its session: Event#id and Event#count tell.
  class Webhook
    PREFIX = "http-"
    private_constant :PREFIX

    # `secrets`: one "whsec_…" or several, while they are changed. `tolerance`: how far the clocks may be apart, and how late a webhook
    # may come. Units: seconds. Errors: Configuration with "invalid_secret".
    def initialize(secrets, tolerance: 300)
      @keys = Array(secrets).map { |secret| key_of(secret) }
      raise Configuration.new("invalid_secret", "a webhook needs a secret to be verified") if @keys.empty?

      @tolerance = tolerance
    end

    # Gives the events of a webhook: one, or those of a batch in their order. Errors: InvalidWebhook.
    #
    # `body`: the bytes of the request as they came, not parsed and written anew. `headers`: a hash of names in any case, or Rack's env.
    # `now`: epoch seconds.
    def verify(body, headers, now: Time.now)
      id, timestamp, signatures = signed_headers(headers)
      raise InvalidWebhook.new("wrong_timestamp", "the webhook is of another time") if (timestamp.to_i - now.to_i).abs > @tolerance

      check_signature("#{id}.#{timestamp}.".b << body.b, signatures)
      events_of(body)
    end

    # The secrets are not for logs.
    def inspect
      "#<#{self.class}>"
    end

    private

    def key_of(secret)
      encoded = secret.is_a?(String) ? secret[/\Awhsec_(.+)\z/m, 1] : nil
      encoded&.unpack1("m0") || raise(ArgumentError)
    rescue ArgumentError
      raise Configuration.new("invalid_secret", "a secret of webhooks is whsec_ and base64")
    end

    def signed_headers(headers)
      known = {}
      headers.each { |name, value| known[name.to_s.downcase.tr("_", "-").delete_prefix(PREFIX)] = value }
      id, timestamp, signatures = known.values_at("webhook-id", "webhook-timestamp", "webhook-signature").map(&:to_s)
      raise InvalidWebhook.new("invalid_headers", "the request has not the headers of a webhook") if
        id.empty? || signatures.empty? || !timestamp.ascii_only? || !/\A\d{1,15}\z/.match?(timestamp)

      [id, timestamp, signatures]
    end

    def check_signature(message, signatures)
      given = signatures.split.filter_map { |signature| signature.delete_prefix("v1,") if signature.start_with?("v1,") }
      wanted = @keys.map { |key| [OpenSSL::HMAC.digest("SHA256", key, message)].pack("m0") }
      return if wanted.product(given).map { |ours, theirs| OpenSSL.secure_compare(ours, theirs) }.any?

      raise InvalidWebhook.new("wrong_signature", "no secret that is known here has signed this webhook")
    end

    def events_of(body)
      told = Event.read(body)
      (told.is_a?(Array) ? told : [told]).map { |each| Event.new(each) }
    rescue ArgumentError
      raise InvalidWebhook.new("invalid_body", "the webhook has neither an event nor a list of events")
    end
  end
end
