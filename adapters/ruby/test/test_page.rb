# frozen_string_literal: true

require_relative "support"
require "stringio"

# The lines of docs/platforms/ruby.md about events.
class PageTest < Minitest::Test
  BLOCKS = File.read(File.expand_path("../../../docs/platforms/ruby.md", __dir__)).scan(/^```ruby\n(.*?)^```/m).flatten

  # What the lines call. The loop of the page has no end, so it gets one here.
  class Sockets
    def disconnect(session, reason)
      throw :disconnected, [session, reason]
    end
  end

  class Mail
    attr_reader :sent

    def new_device(*about)
      (@sent ||= []) << about
    end
  end

  def test_the_lines_about_events
    client = RestSessions::Client.new(url: Contract.stores.values.first, app: "heard")
    kept = client.event_page(after: "end").next
    made = client.create
    client.revoke(made["token"])
    ended = catch(:disconnected) { run_lines("client.events(", client: client, kept: kept, sockets: Sockets.new) }
    assert_equal [made["session"]["id"], "logout"], ended
  end

  def test_the_lines_about_webhooks
    vector = Contract.get("/contract/webhooks")["cases"].first
    mail = Mail.new
    receive = run_lines("webhook.verify(", secret: vector["secrets"].first, mail: mail)
    assert_equal 204, receive.call(env(vector, "v1,#{signature(vector)}")).first
    assert_equal 400, receive.call(env(vector, "v1,AAAA")).first
    assert_equal [["user123", nil]], mail.sent
  end

  private

  def run_lines(with, **names)
    scope = binding
    names.each { |name, value| scope.local_variable_set(name, value) }
    scope.eval(BLOCKS.find { |block| block.include?(with) })
    scope.local_variable_get(:receive)
  end

  def signature(vector)
    key = vector["secrets"].first.delete_prefix("whsec_").unpack1("m0")
    [OpenSSL::HMAC.digest("SHA256", key, "msg_1.#{now}.#{vector["body"]}")].pack("m0")
  end

  def env(vector, signature)
    { "rack.input" => StringIO.new(vector["body"]), "HTTP_WEBHOOK_ID" => "msg_1", "HTTP_WEBHOOK_TIMESTAMP" => now.to_s,
      "HTTP_WEBHOOK_SIGNATURE" => signature }
  end

  def now
    @now ||= Time.now.to_i
  end
end
