# frozen_string_literal: true

require_relative "support"

# How events are read: the vectors of adapters/contract, and what they cannot say.
class EventsTest < Minitest::Test
  VECTORS = Contract.get("/contract/events")

  VECTORS["streams"].each do |vector|
    define_method("test_stream_#{vector["name"]}") do
      client, app = play(vector["name"])
      stream = client.events(**vector["asks"].transform_keys(&:to_sym))
      code = nil
      told = []
      begin
        stream.each do |item|
          told << item
          break if told.size == vector["told"].size && vector["error"].nil?
        end
      rescue RestSessions::Error => e
        code = e.code
      end
      assert_equal(vector["told"], told.map { |item| wire(item) }, vector["title"])
      vector["error"] ? assert_equal(vector["error"], code) : assert_nil(code)
      assert_equal [], faults(app)
    end
  end

  VECTORS["pages"].each do |vector|
    define_method("test_page_#{vector["name"]}") do
      client, app = play(vector["name"])
      code = nil
      page = begin
        client.event_page(**vector["asks"].transform_keys(&:to_sym))
      rescue RestSessions::Error => e
        code = e.code
        nil
      end
      given = page && { "events" => page.events.map(&:to_h), "next" => page.next, "more" => page.more?, "resync" => page.resync? }
      vector["error"] ? assert_equal(vector["error"], code) : assert_equal(vector["gives"], given, vector["title"])
      assert_equal [], faults(app)
    end
  end

  def test_another_thread_ends_a_stream_that_waits
    client, app = play("two-events")
    stream = client.events
    told = Queue.new
    reader = Thread.new { stream.each { |event| told << event } }
    3.times { told.pop }
    stream.stop
    assert_same stream, reader.value
    assert_equal "p3", stream.position
    assert_closed app
  end

  def test_a_handler_of_signals_ends_a_stream_that_waits
    client, app = play("two-events")
    stream = client.events
    before = trap("USR2") { stream.stop }
    told = 0
    stream.each { Process.kill("USR2", Process.pid) if (told += 1) == 3 }
    assert_equal 3, told
    assert_closed app
  ensure
    trap("USR2", before)
  end

  def test_a_stream_that_was_stopped_tells_nothing
    client, = play("two-events")
    stream = client.events
    stream.stop
    assert_equal [], stream.to_a
  end

  def test_what_the_block_raises_is_no_fault_of_the_stream
    [IOError, ArgumentError, RestSessions::ServerLost.new("unreachable", "another server", retryable: true)].each do |fault|
      client, app = play("two-events")
      stream = client.events
      raised = assert_raises(fault.is_a?(Class) ? fault : fault.class) { stream.each { |event| raise fault if event.count == 2 } }
      refute_match(/cannot be reached/, raised.message)
      # The one that the block was not done with is told again by a stream from here.
      assert_equal "p1", stream.position
      assert_closed app
    end
  end

  def test_why_a_connection_ended_is_told
    client, app = play("server-away-for-a-while")
    retries = []
    client.events(on_retry: ->(error, seconds) { retries << [error.code, error.status, seconds] }).first(2)
    assert_equal [["unreachable", nil], ["store_unavailable", 503], ["unreachable", 502], ["unreachable", nil], ["too_many_requests", 429]],
                 (retries.map { |code, status, _| [code, status] })
    assert_operator retries.last.last, :>=, 1
    assert_equal [], faults(app)
  end

  def test_wrong_arguments_are_named
    client, = play("two-events")
    assert_raises(ArgumentError) { client.events(after: "p1\r\nX: y") }
  end

  private

  def play(name)
    server = Contract.env("REST_SESSIONS_CONTRACT")
    text = Net::HTTP.post(URI("#{server}/contract/plays"), { vector: name }.to_json, "Content-Type" => "application/json").body
    app = JSON.parse(text)["app"]
    [RestSessions::Client.new(url: server, app: app), app]
  end

  def faults(app)
    Contract.get("/contract/plays/#{app}")["faults"]
  end

  def assert_closed(app)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
    sleep 0.01 until Contract.get("/contract/plays/#{app}")["open"].zero? || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
    assert_equal 0, Contract.get("/contract/plays/#{app}")["open"]
  end

  def wire(item)
    return { "resync" => true, "position" => item.position } if item.is_a?(RestSessions::Resync)

    { "event" => item.to_h, "position" => item.position }
  end
end
