# frozen_string_literal: true

require_relative "support"
require_relative "server"
require "socket"

class ClientTest < Minitest::Test
  TOKEN = "a-token-of-some-framework-01"

  Contract.stores.each do |store, url|
    define_method("test_life_of_a_session_on_#{store}") do
      client = RestSessions::Client.new(url: url, app: Apps.next("life"))
      token = client.create(subject: "Zoë/1", data: { "cart" => { "lamp" => 1 } }, user_agent: "ruby")["token"]
      assert_equal({ "theme" => "dark" }, client.patch(token, set: { "theme" => "dark" }, unset: ["cart"])["data"])
      rotated = client.rotate(token, grace: 0)["token"]
      assert_nil client.find(token)
      session = client.get(rotated, touch: true)
      assert_equal ["Zoë/1", "ruby"], session.values_at("subject", "userAgent")
      active, ended = client.verify(rotated, token)
      assert_equal [session["id"], nil], [active["id"], ended]
      assert_equal 1, client.list(subject: "Zoë/1")["sessions"].size
      assert_equal session["id"], client.get_by_id(session["id"])["id"]
      assert_equal 1, client.revoke_subject("Zoë/1")
      refute client.revoke(rotated)
      client.put(TOKEN, only: :new, data: { "a" => 1 })
      refused = assert_raises(RestSessions::Error) { client.put(TOKEN, only: :new, data: {}) }
      assert_equal ["version_mismatch", 412, false], [refused.code, refused.status, refused.retryable?]
      assert_equal({ "b" => 2 }, client.replace_data(TOKEN, { "b" => 2 })["data"])
      assert_equal 60, client.touch(TOKEN, idle_timeout: 60)["idleTimeout"]
      assert client.revoke(TOKEN)
      assert_operator client.activity["sessions"], :>=, 0
    end
  end

  def test_wrong_options_are_named
    { "wrong_url" => { url: "127.0.0.1:3000" }, "wrong_app" => { app: "a" }, "wrong_key" => { key: "a\nb" },
      "wrong_timeout" => { timeout: 0 } }.each do |code, options|
      wrong = assert_raises(RestSessions::Configuration) { client_of(**options) }
      assert_equal code, wrong.code
    end
    %w[http://u@127.0.0.1 http://127.0.0.1?a ftp://127.0.0.1 http:// %].each do |url|
      assert_equal "wrong_url", assert_raises(RestSessions::Configuration) { client_of(url: url) }.code
    end
  end

  def test_malformed_tokens_cost_no_request
    ["", "a b" * 9, "../" * 9, "ä" * 30, "a" * 257, "#{"a" * 30}\r\nb", "#{"a" * 30}\x00", "\xFF" * 30, nil, 7].each do |token|
      gone = assert_raises(RestSessions::SessionNotFound) { nowhere.get(token) }
      assert_nil gone.status
      refute nowhere.revoke(token)
    end
    ["", ".", ".."].each { |subject| assert_raises(ArgumentError) { nowhere.revoke_subject(subject) } }
  end

  def test_a_key_is_not_in_what_is_printed
    refute_includes client_of(key: "secret").inspect, "secret"
  end

  def test_no_proxy_of_the_environment_is_used
    ENV["http_proxy"] = "http://127.0.0.1:9"
    assert_equal({ "subjects" => 0, "sessions" => 0 }, client_of(url: Contract.stores.values.first, app: Apps.next("proxy")).activity)
  ensure
    ENV.delete("http_proxy")
  end

  def test_connections_are_kept_and_another_process_has_its_own
    listening do |url, accepted|
      client = client_of(url: url)
      3.times { client.activity }
      assert_equal 1, accepted.size
      Process.wait(fork do
        client.activity
        exit!(0)
      end)
      assert_equal 2, accepted.size
      client.activity
      assert_equal 2, accepted.size
    end
  end

  def test_an_answer_that_comes_in_drops_is_a_timeout
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    # The body, the line of a header, and ever more headers.
    { "#{head}Content-Length: 100\r\n\r\n" => " ", "#{head}X-A: " => "a", head => "X-A: a\r\n" }.each do |begun, drop|
      written = 0
      drops = lambda do |socket|
        socket.write begun
        while written < 200
          socket.write drop
          written += 1
          sleep 0.05
        end
      end
      listening(drops) do |url, accepted|
        late = assert_raises(RestSessions::Timeout) { client_of(url: url, timeout: 0.3).activity }
        assert_equal ["timeout", true, 1], [late.code, late.retryable?, accepted.size]
        assert_operator written, :<, 20
      end
    end
  end

  def test_an_answer_that_is_cut_off_is_a_broken_connection
    counts = '{"subjects":0,"sessions":0}'
    answers = Queue.new
    listening(->(socket) { socket.write answers.pop }) do |url, accepted|
      client = client_of(url: url)
      # In the status line, the head and the body.
      [9, 40, -1].each do |cut|
        answers << json(counts)[0...cut] << json(counts)
        assert_equal 0, client.activity["sessions"]
        answers << json("{}")[0...cut]
        lost = assert_raises(RestSessions::ServerLost) { client.patch(TOKEN, set: { "a" => 1 }) }
        assert_equal ["unreachable", false], [lost.code, lost.retryable?]
      end
      2.times { answers << json(counts).sub("27", "many") }
      lost = assert_raises(RestSessions::ServerLost) { client.activity }
      assert_equal ["unreachable", true, 11], [lost.code, lost.retryable?, accepted.size]
      answers << "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 99\r\n\r\n{"
      retries = []
      stream = client.events(on_retry: ->(error, _) { retries.push(error.class) && stream.stop })
      stream.each { flunk }
      assert_equal [RestSessions::ServerLost], retries
    end
  end

  def test_where_another_server_listens_that_is_said
    listening(->(socket) { socket.write "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9\r\nContent-Length: 0\r\n\r\n" }) do |url, _|
      assert_equal "not_rest_sessions", assert_raises(RestSessions::Configuration) { client_of(url: url).activity }.code
    end
    listening(->(socket) { socket.write "SSH-2.0\r\n\r\n" }) do |url, _|
      assert_raises(RestSessions::ServerLost) { client_of(url: url).activity }
    end
  end

  def test_the_json_of_another_server_is_no_session
    session = '{"id":"a","version":1,"data":{}}'
    said = nil
    nearly = { ->(c) { c.get(TOKEN) } => '{"id":"a","version":1,"data":[]}',
               ->(c) { c.find(TOKEN) } => "{}",
               ->(c) { c.get(TOKEN, fields: %w[id label]) } => '{"id":"a"}',
               ->(c) { c.patch(TOKEN, set: { "a" => 1 }) } => '{"id":"a","data":{}}',
               ->(c) { c.create } => "{\"token\":null,\"session\":#{session}}",
               ->(c) { c.rotate(TOKEN) } => "{\"token\":\"#{TOKEN}\"}",
               ->(c) { c.list } => "{\"sessions\":[{}],\"cursor\":null}",
               ->(c) { c.verify(TOKEN, TOKEN) } => "{\"results\":[{\"active\":true,\"session\":#{session}}]}",
               ->(c) { c.revoke(TOKEN) } => '{"revoked":true}',
               ->(c) { c.revoke_subject("ann") } => '{"ok":1}',
               ->(c) { c.history("ann") } => '{"history":null}',
               ->(c) { c.erase_history("ann") } => '{"erased":null}',
               ->(c) { c.activity } => '{"sessions":1}' }
    listening(->(socket) { socket.write json(said) }) do |url, _|
      nearly.each do |call, text|
        ['{"status":"maintenance"}', "null", "[]", text].each do |each|
          said = each
          wrong = assert_raises(RestSessions::Configuration, each) { call.call(client_of(url: url)) }
          assert_equal ["not_rest_sessions", 200, false], [wrong.code, wrong.status, wrong.retryable?]
        end
      end
    end
  end

  def test_eight_threads_at_once
    client = client_of(url: Contract.stores.values.first, app: Apps.next("threads"))
    token = client.create["token"]
    threads = Array.new(8) { |i| Thread.new { 5.times { |j| client.patch(token, set: { "key#{i}-#{j}" => i }) } } }
    threads.each(&:join)
    assert_equal 40, client.get(token)["data"].size
  end

  def test_a_thread_that_is_ended_leaves_no_answer_to_another_call
    client = client_of(url: Contract.stores.values.first, app: Apps.next("ended"))
    tokens = Array.new(2) { |i| client.create(data: { "i" => i })["token"] }
    20.times do |i|
      thread = Thread.new { client.get(tokens[0]) }
      i.times { Thread.pass }
      thread.kill.join
      assert_equal 1, client.get(tokens[1])["data"]["i"]
    end
  end

  private

  def client_of(url: "http://127.0.0.1:9", app: "shop", **options)
    RestSessions::Client.new(url: url, app: app, **options)
  end

  def nowhere
    @nowhere ||= client_of
  end

  # A web server that answers as it is told, and by default as an app without sessions.
  def listening(answer = nil)
    server = TCPServer.new("127.0.0.1", 0)
    accepted = []
    thread = Thread.new do
      loop do
        accepted << (socket = server.accept)
        Thread.new { serve(socket, answer) }
      end
    end
    yield "http://127.0.0.1:#{server.addr[1]}", accepted
  ensure
    thread&.kill
    server.close
    accepted.each(&:close)
  end

  def json(text)
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: #{text.bytesize}\r\n\r\n#{text}"
  end

  def serve(socket, answer)
    head = []
    while (line = socket.gets)
      head << line
      next unless line == "\r\n"

      if answer
        answer.call(socket)
        return socket.close
      end
      socket.write json('{"subjects":0,"sessions":0}')
    end
  rescue IOError, SystemCallError
    # The client has gone.
  end
end
