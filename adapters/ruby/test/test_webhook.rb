# frozen_string_literal: true

require_relative "support"

class WebhookTest < Minitest::Test
  VECTORS = Contract.get("/contract/webhooks")

  VECTORS["cases"].each do |vector|
    define_method("test_#{vector["name"]}") do
      given = begin
        verify(vector, vector["headers"]).map(&:to_h)
      rescue RestSessions::InvalidWebhook, RestSessions::Configuration => e
        e.code
      end
      assert_equal vector["error"] || vector["events"], given, vector["title"]
    end
  end

  def test_the_headers_of_rack
    names = vector_of("one-event")["headers"].transform_keys { |name| "HTTP_#{name.upcase.tr("-", "_")}" }
    event = verify(vector_of("one-event"), { "rack.url_scheme" => "http", "REQUEST_METHOD" => "POST", **names }).first
    assert_equal %w[session.created shop AAAAAAAAAAAAAAAA user123], [event.type, event.app, event.session, event.subject]
    assert_equal [1, nil, "2026-09-21T14:13:18.000Z"], [event.count, event.position, event.time]
  end

  def test_the_body_is_left_as_it_is
    body = vector_of("unicode")["body"].dup.force_encoding(Encoding::BINARY).freeze
    event = verify(vector_of("unicode").merge("body" => body), vector_of("unicode")["headers"]).first
    assert_equal [Encoding::BINARY, "Zoë/1"], [body.encoding, event.subject]
  end

  def test_it_is_of_now_unless_told_otherwise
    vector = vector_of("one-event")
    webhook = RestSessions::Webhook.new(vector["secrets"].first)
    late = assert_raises(RestSessions::InvalidWebhook) { webhook.verify(vector["body"], vector["headers"]) }
    assert_equal "wrong_timestamp", late.code
    assert_equal 1, RestSessions::Webhook.new(vector["secrets"], tolerance: 1 << 40).verify(vector["body"], vector["headers"]).size
  end

  def test_a_secret_is_not_in_what_is_printed
    secret = vector_of("one-event")["secrets"].first
    refute_includes RestSessions::Webhook.new(secret).inspect, "@keys"
    wrong = assert_raises(RestSessions::Configuration) { RestSessions::Webhook.new("secret-of-mine") }
    refute_includes wrong.message, "of-mine"
  end

  private

  def verify(vector, headers)
    RestSessions::Webhook.new(vector["secrets"], tolerance: VECTORS["tolerance"]).verify(vector["body"], headers, now: vector["now"])
  end

  def vector_of(name)
    VECTORS["cases"].find { |vector| vector["name"] == name }
  end
end
