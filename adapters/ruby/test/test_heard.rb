# frozen_string_literal: true

require_relative "support"
require_relative "server"

# Events and histories of real servers.
class HeardTest < Minitest::Test
  SUBJECT = "ruby/Zoë & co"

  Contract.stores.each do |store, url|
    define_method("test_what_a_server_tells_on_#{store}") do
      client = RestSessions::Client.new(url: url, app: "heard")
      now = client.event_page(after: "end")
      assert_equal [[], false], [now.events, now.resync?]
      first, second = Array.new(2) { client.create(subject: SUBJECT, label: "phone") }
      assert client.revoke_by_id(first["session"]["id"], reason: "lost “phone” & co")
      assert client.revoke(second["token"], reason: "left")
      told = client.events(after: now.next, subject: SUBJECT).first(4)
      assert_equal %w[session.created session.created session.ended session.ended], told.map(&:type)
      assert_equal [first["session"]["id"], SUBJECT, "heard"], [told[2].session, told[2].subject, told[2].app]
      assert_equal([["revoked", "lost “phone” & co"], %w[logout left]], told.last(2).map { |each| each.data.values_at("reason", "note") })
      assert_operator told[2].count, :>, told[0].count

      page = client.event_page(after: now.next, subject: SUBJECT, types: ["session.ended"], limit: 10, wait: 1)
      assert_equal told.last(2).map(&:to_h), page.events.map(&:to_h)
      assert_equal told[3].to_h, client.events(after: told[2].position, subject: SUBJECT).first.to_h

      client.create(subject: SUBJECT)
      assert_equal 1, client.revoke_subject(SUBJECT, reason: "moved out")
      ended = client.history(SUBJECT)
      assert_equal([["subject", "moved out"], %w[logout left], ["revoked", "lost “phone” & co"]],
                   ended.map { |entry| entry.values_at("reason", "note") })
      assert_equal [first["session"]["id"], "phone"], ended.last.values_at("id", "label")
      assert_equal [3, []], [client.erase_history(SUBJECT), client.history(SUBJECT)]
    end

    define_method("test_a_position_of_no_server_is_an_error_on_#{store}") do
      client = RestSessions::Client.new(url: url, app: "heard")
      [-> { client.event_page(after: "nowhere") }, -> { client.events(after: "nowhere").first }].each do |ask|
        assert_equal "invalid_cursor", assert_raises(RestSessions::Error, &ask).code
      end
    end
  end

  def test_a_stream_misses_nothing_while_the_server_is_away
    OwnServer.run do |server|
      client = RestSessions::Client.new(url: server.url, app: "heard")
      lost = Queue.new
      told = Queue.new
      stream = client.events(after: client.event_page(after: "end").next, on_retry: ->(error, _) { lost << error })
      reader = Thread.new { stream.each { |event| told << event.session } }
      first = client.create["session"]["id"]
      assert_equal first, told.pop
      server.stop
      assert_instance_of RestSessions::ServerLost, lost.pop
      server.start
      second = client.create["session"]["id"]
      assert_equal second, told.pop
      stream.stop
      reader.join
    end
  end
end
