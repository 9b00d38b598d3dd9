# frozen_string_literal: true

require_relative "support"
require_relative "rack_pages"
require_relative "rails_pages"
require_relative "server"
require "socket"

# What must hold on a real server, for Rack and for Rails.
class StoresTest < Minitest::Test
  PAGES = { "rack" => RackPages, "rails" => RailsPages }.freeze

  def self.test_on_each(name, servers = Contract.stores, &block)
    PAGES.each do |framework, pages|
      servers.each { |store, url| define_method("test_#{name}_#{framework}_#{store}") { instance_exec(pages, url, &block) } }
    end
  end

  def self.test_on_one(name, &block)
    test_on_each(name, Contract.stores.first(1).to_h, &block)
  end

  test_on_each "twenty_parallel_additions_lose_nothing" do |pages, url|
    app = Apps.next("parallel")
    application = pages.application(url, app)
    visitor = Browser.new(application)
    visitor.visit { |page| page.set("begun", true) }
    all_read = Queue.new
    go = Queue.new
    threads = Array.new(20) do |i|
      Thread.new do
        Browser.new(application, visitor.token).visit do |page|
          page.see("begun")
          all_read << i
          go.pop
          page.set("item#{i}", i)
        end
      end
    end
    20.times { all_read.pop }
    20.times { go << true }
    threads.each(&:join)
    assert_equal 21, client(url, app).get(visitor.token)["data"].size
  end

  test_on_each "a_key_that_is_not_touched_stays_to_the_letter" do |pages, url|
    app = Apps.next("letter")
    values = JSON.parse(File.read(File.expand_path("../../contract/data.json", __dir__)))
    texts = values.each_with_index.to_h { |value, i| ["key#{i}", value["json"]] }
    data = texts.map { |key, text| "\"#{key}\":#{text}" }.join(",")
    token = "a-token-of-another-stack-#{pages}".downcase
    raw(Net::HTTP::Put, url, app, token, "{\"data\":{#{data}}}")
    before = raw(Net::HTTP::Get, url, app, token)
    Browser.new(pages.application(url, app), token).visit do |page|
      page.session.to_hash
      page.set("mine", { "lamp" => 1 })
      page.set("own", :symbol)
    end
    after = raw(Net::HTTP::Get, url, app, token)
    texts.each_key do |key|
      pattern = /"#{key}":.*?(?=,"key\d+":|,"mine":|,"_ra|\}\}?,?"?[a-z]*"?\z)/
      assert_equal before[pattern], after[pattern], key
    end
    assert_includes after, "\"mine\":{\"lamp\":1}"
  end

  test_on_each "a_new_session_knows_its_user_and_device" do |pages, url|
    app = Apps.next("device")
    browser = pages.browser(url, app)
    browser.visit("HTTP_USER_AGENT" => "Browser \xFF".b, "REMOTE_ADDR" => "192.0.2.7") { |page| page.set("_user", 5) }
    session = client(url, app).get(browser.token)
    assert_equal ["5", "192.0.2.7", "Browser \uFFFD"], session.values_at("subject", "ip", "userAgent")
  end

  test_on_each "a_login_takes_a_new_token_without_being_told" do |pages, url|
    app = Apps.next("login")
    browser = pages.browser(url, app)
    browser.visit { |page| page.set("cart", 1) }
    guest = browser.token
    browser.visit { |page| page.set("_user", "ann") }
    user = browser.token
    refute_equal guest, user
    assert_nil client(url, app).find(guest)
    assert_equal({ "cart" => 1 }, client(url, app).get(user)["data"].slice("cart"))
    browser.visit { |page| page.unset("_user") }
    assert_nil client(url, app).get(browser.token)["subject"]
    assert_nil client(url, app).find(user)
  end

  test_on_one "another_stack_logs_in_and_stays_logged_in" do |pages, url|
    app = Apps.next("other")
    token = client(url, app).create(subject: "zoe", data: { "php" => nil })["token"]
    Browser.new(pages.application(url, app), token).visit { |page| page.set("cart", 1) }
    session = client(url, app).get(token)
    assert_equal ["zoe", { "php" => nil, "cart" => 1 }], session.values_at("subject", "data")
  end

  test_on_each "what_ended_meanwhile_is_told_and_not_revived" do |pages, url|
    app = Apps.next("meanwhile")
    browser = pages.browser(url, app)
    browser.visit { |page| page.set("cart", 1) }
    token = browser.token
    response = browser.visit do |page|
      page.set("cart", 2)
      client(url, app).revoke(token)
    end
    assert_predicate browser, :told?
    assert_equal 200, response.status
    assert_nil client(url, app).find(token)
    assert_match(/\Asession=;/, browser.visit { |page| assert_nil page.see("cart") }["Set-Cookie"])
    assert_nil browser.token
  end

  test_on_each "what_was_rotated_meanwhile_takes_the_change" do |pages, url|
    app = Apps.next("rotated")
    browser = pages.browser(url, app)
    browser.visit { |page| page.set("cart", 1) }
    newer = nil
    browser.visit do |page|
      page.set("theme", "dark")
      newer = client(url, app).rotate(browser.token)["token"]
    end
    refute_predicate browser, :told?
    assert_equal({ "cart" => 1, "theme" => "dark" }, client(url, app).get(newer)["data"])
  end

  { "a_login" => ->(page) { page.login("ann") }, "a_renewal" => ->(page) { page.options[:renew] = true },
    "another_user" => ->(page) { page.set("_user", "ann") } }.each do |what, deed|
    test_on_each "#{what}_keeps_what_another_page_wrote_of_the_frameworks_own" do |pages, url|
      browser = pages.browser(url, Apps.next("own"))
      browser.visit { |page| %w[cart _old _gone].each { |key| page.set(key, 1) } }
      before = browser.token
      other = Browser.new(browser.application, before)
      browser.visit do |page|
        page.see("cart")
        other.visit do |theirs|
          theirs.set("_theirs", 1)
          theirs.set("at", Time.at(0))
          theirs.unset("_gone")
        end
        deed.call(page)
        page.set("_mine", 1)
        page.unset("_old")
      end
      refute_equal before, browser.token
      browser.visit do |page|
        seen = %w[cart _theirs at _mine _old _gone].map { |key| page.see(key) }
        assert_equal [1, 1, Time.at(0), 1, nil, nil], seen
      end
    end
  end

  test_on_one "a_renewal_ends_the_old_token_and_brings_nothing_back" do |pages, url|
    app = Apps.next("renew")
    application = pages.application(url, app)
    first = Browser.new(application)
    first.visit { |page| page.set("cart", 1) }
    second = Browser.new(application, first.token)
    first.visit do |page|
      page.options[:renew] = true
      page.set("cart", 2)
      second.visit { |other| other.options[:renew] = true }
    end
    assert_predicate first, :told?
    second.visit { |page| assert_equal 1, page.see("cart") }
    assert_equal 1, client(url, app).list["sessions"].size
  end

  { "by_a_renewal" => ->(page) { page.login("ann") }, "by_another_user" => ->(page) { page.set("_user", "ann") } }.each do |how, login|
    test_on_each "a_login_form_that_is_sent_twice_#{how}" do |pages, url|
      app = Apps.next("twice")
      visitor = pages.browser(url, app)
      visitor.visit { |page| page.set("cart", 1) }
      both = Queue.new
      go = Queue.new
      browsers = Array.new(2) { Browser.new(visitor.application, visitor.token) }
      threads = browsers.map.with_index do |browser, i|
        Thread.new do
          browser.visit do |page|
            page.see("cart")
            both << i
            go.pop
            login.call(page)
            page.set("page", i)
          end["Set-Cookie"]
        end
      end
      2.times { both.pop }
      2.times { go << true }
      cookies = threads.map(&:value)
      # One of them has logged in. The other one says so, and leaves the cookie to it.
      assert_equal browsers.map(&:told?), cookies.map(&:nil?)
      assert_equal 1, browsers.count(&:told?)
      winner = browsers.index { |browser| !browser.told? }
      browsers[winner].visit do |page|
        seen = %w[cart _user page].map { |key| page.see(key) }
        assert_equal [1, "ann", winner], seen
      end
      assert_equal 1, client(url, app).list["sessions"].size
    end
  end

  test_on_one "the_token_of_another_app_opens_nothing" do |pages, url|
    theirs = client(url, Apps.next("theirs")).create(data: { "cart" => 1 })["token"]
    browser = Browser.new(pages.application(url, Apps.next("ours")), theirs)
    browser.visit do |page|
      assert_nil page.see("cart")
      page.set("cart", 2)
    end
    refute_equal theirs, browser.token
  end

  test_on_one "too_much_data_is_said" do |pages, url|
    browser = pages.browser(url, Apps.next("large"))
    large = assert_raises(RestSessions::Error) { browser.visit { |page| page.set("a", "x" * (1 << 20)) } }
    assert_equal [413, false], [large.status, large.retryable?]
    assert_match(/must not exceed \d+ bytes/, large.message)
  end

  test_on_one "garbage_in_a_cookie_costs_no_request" do |pages, _|
    application = pages.application("http://127.0.0.1:9", "shop")
    ["session=", "session=%ff%fe#{"a" * 30}", "session=%zz#{"a" * 30}", "session=\xFF\xFE#{"a" * 30}".b, "session=#{"a" * 15}",
     "session", "=;;==", "session=a b c d e f g h i j k l", "session=#{"a" * 5000}", "session=../../#{"a" * 20}"].each do |cookie|
      response = application.get("/", "HTTP_COOKIE" => cookie, "test.page" => ->(page) { page.see("cart") })
      assert_equal [200, nil], [response.status, response["Set-Cookie"]], cookie
    end
  end

  test_on_one "the_json_of_another_server_logs_nobody_out_and_in" do |pages, _|
    listener = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new { loop { answer_as_a_stranger(listener.accept) } }
    application = pages.application("http://127.0.0.1:#{listener.addr[1]}", "shop")
    visitor = Browser.new(application, "a-token-of-some-framework-01")
    [->(page) { page.see("cart") }, ->(page) { page.login("ann") }, lambda(&:logout)].each do |deed|
      wrong = assert_raises(RestSessions::Configuration) { visitor.visit(&deed) }
      assert_equal %w[not_rest_sessions a-token-of-some-framework-01], [wrong.code, visitor.token]
    end
    guest = Browser.new(application)
    assert_raises(RestSessions::Configuration) { guest.visit { |page| page.login("ann") } }
    assert_nil guest.token
  ensure
    thread.kill.join
    listener.close
  end

  test_on_one "eight_threads_are_eight_visitors" do |pages, url|
    application = pages.application(url, Apps.next("visitors"))
    threads = Array.new(8) do |i|
      Thread.new do
        browser = Browser.new(application)
        5.times { |j| browser.visit { |page| page.set("seen", (page.see("seen") || []) + [i * j]) } }
        seen = nil
        browser.visit { |page| seen = page.see("seen") }
        seen == Array.new(5) { |j| i * j }
      end
    end
    assert_equal [true], threads.map(&:value).uniq
  end

  test_on_one "a_server_that_is_away_is_an_error_and_back_it_works" do |pages, _|
    OwnServer.run do |server|
      browser = pages.browser(server.url, "rb-away")
      browser.visit { |page| page.set("cart", 1) }
      token = browser.token
      server.stop
      lost = assert_raises(RestSessions::ServerLost) { browser.visit { |page| page.see("cart") } }
      assert_predicate lost, :retryable?
      assert_raises(RestSessions::ServerLost) { Browser.new(browser.application).visit { |page| page.set("cart", 1) } }
      assert_equal token, browser.token
      server.start
      browser.visit { |page| assert_equal 1, page.see("cart") }
    end
  end

  private

  def client(url, app)
    RestSessions::Client.new(url: url, app: app)
  end

  # A proxy may answer so when what is behind it is being worked on.
  def answer_as_a_stranger(socket)
    length = 0
    while (line = socket.gets) && line != "\r\n"
      length = line[/\Acontent-length: (\d+)/i, 1].to_i if line.match?(/\Acontent-length:/i)
    end
    socket.read(length)
    socket.write "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\nConnection: close\r\n\r\n" \
                 '{"status":"maintenance"}'
    socket.close
  end

  # Gives the text of the answer, as it is.
  def raw(kind, url, app, token, body = nil)
    uri = URI("#{url}/v1/apps/#{app}/session")
    request = kind.new(uri, "Session-Token" => token, "Content-Type" => "application/json")
    request.body = body
    Net::HTTP.start(uri.hostname, uri.port) { |http| http.request(request) }.body.force_encoding("UTF-8")
  end
end
