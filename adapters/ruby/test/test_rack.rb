# frozen_string_literal: true

require_relative "support"
require_relative "rack_pages"

# What Rack's options and its other session stores promise.
class RackTest < Minitest::Test
  def setup
    @url = Contract.stores.values.first
    @app = Apps.next("rack")
  end

  def test_drop_ends_the_session
    browser = begun
    assert_nil browser.visit { |page| page.options[:drop] = true }["Set-Cookie"]
    assert_nil client.find(browser.token)
  end

  def test_skip_keeps_nothing
    browser = begun
    browser.visit do |page|
      page.set("cart", 2)
      page.options[:skip] = true
    end
    assert_equal 1, client.get(browser.token)["data"]["cart"]
  end

  def test_defer_keeps_without_a_cookie
    browser = browser(defer: true)
    response = browser.visit { |page| page.set("cart", 1) }
    assert_nil response["Set-Cookie"]
    assert_equal 1, client.list["sessions"].size
  end

  def test_renew_gives_a_new_token_also_where_the_page_did_not_look
    browser = begun
    before = browser.token
    browser.visit { |page| page.options[:renew] = true }
    refute_equal before, browser.token
    assert_nil client.find(before)
    browser.visit { |page| assert_equal 1, page.see("cart") }
  end

  def test_renew_of_what_opens_nothing_begins_nothing
    browser = browser()
    browser.token = "a" * 32
    browser.visit { |page| page.options[:renew] = true }
    browser.visit { |page| assert_nil page.see("cart") }
    assert_nil browser.token
    assert_empty client.list["sessions"]
  end

  def test_destroy_and_begin_again_in_one_page
    browser = begun
    before = browser.token
    browser.visit do |page|
      page.logout
      page.set("theme", "dark")
    end
    assert_nil client.find(before)
    assert_equal({ "theme" => "dark" }, client.get(browser.token)["data"])
  end

  def test_the_id_is_the_cookie_from_the_first_page_on
    browser = browser()
    id = nil
    browser.visit do |page|
      page.set("cart", 1)
      id = page.session["session_id"]
    end
    assert_equal browser.token, id
    assert_match(/\A2::\h{64}\z/, Rack::Session::SessionId.new(id).private_id)
  end

  def test_expire_after_is_of_the_cookie_and_of_the_session
    browser = browser(expire_after: 600)
    response = browser.visit { |page| page.set("cart", 1) }
    assert_match(/; expires=/i, response["Set-Cookie"])
    assert_equal 600, client.get(browser.token)["idleTimeout"]
  end

  def test_a_very_short_expire_after_slides_and_ends
    browser = browser(expire_after: 2)
    browser.visit { |page| page.set("cart", 1) }
    token = browser.token
    first = Time.iso8601(client.get(token)["expiresAt"])
    assert_in_delta 2, first - Time.iso8601(client.get(token)["createdAt"]), 0.5
    browser.visit { |page| assert_equal 1, page.see("cart") }
    assert_operator Time.iso8601(client.get(token)["expiresAt"]), :>, first
    sleep 0.1 until client.verify(token) == [nil]
    browser.visit { |page| assert_nil page.see("cart") }
  end

  def test_over_https_the_cookie_is_for_this_host_alone
    browser = browser()
    response = browser.visit("HTTPS" => "on") { |page| page.set("cart", 1) }
    assert_match(%r{\A__Host-session=\h+; path=/; secure; HttpOnly; SameSite=Lax\z}i, response["Set-Cookie"])
    assert_nil browser.visit("HTTPS" => "on") { |page| assert_equal 1, page.see("cart") }["Set-Cookie"]
    client.revoke(browser.token)
    assert_match(/\A__Host-session=;.*; secure/i, browser.visit("HTTPS" => "on") { |page| page.see("cart") }["Set-Cookie"])
  end

  def test_a_name_of_ones_own_stays
    response = browser(key: "shop.sid", domain: "shop.test").visit("HTTPS" => "on") { |page| page.set("cart", 1) }
    assert_match(%r{\Ashop\.sid=\h+; domain=shop\.test; path=/; secure}i, response["Set-Cookie"])
  end

  def test_what_json_does_not_have_is_refused_where_marshal_is_off
    wrong = assert_raises(TypeError) { browser(marshal: false).visit { |page| page.set("kind", :guest) } }
    assert_match(/the session's kind cannot be kept/, wrong.message)
    wrong = assert_raises(TypeError) { browser.visit { |page| page.set("block", -> {}) } }
    assert_match(/the session's block cannot be kept/, wrong.message)
  end

  def test_pages_at_once_keep_what_each_wrote_of_racks_own
    browser = begun
    browser.visit { |page| page.set("_old", 1) }
    other = Browser.new(browser.application, browser.token)
    browser.visit do |page|
      page.see("cart")
      other.visit do |inner|
        inner.set("_flash", "hello")
        inner.set("at", Time.at(0))
        inner.unset("_old")
      end
      page.set("_mine", 1)
      page.set("object", :symbol)
    end
    browser.visit do |page|
      seen = %w[_flash at _old _mine object cart].map { |key| page.see(key) }
      assert_equal ["hello", Time.at(0), nil, 1, :symbol, 1], seen
    end
  end

  def test_what_another_stack_wrote_since_is_newer
    browser = begun
    browser.visit { |page| page.set("cart", { lamp: 1 }) }
    browser.visit { |page| assert_equal({ lamp: 1 }, page.see("cart")) }
    client.patch(browser.token, set: { "cart" => { "lamp" => 2 } })
    browser.visit { |page| assert_equal({ "lamp" => 2 }, page.see("cart")) }
  end

  def test_as_deep_as_the_server_takes_it_json_is_shared
    deep = 31.times.inject(1) { |inside, _| [inside] }
    browser = browser()
    browser.visit do |page|
      page.set("deep", deep)
      page.set("deeper", [deep])
    end
    assert_equal %w[_rack deep], client.get(browser.token)["data"].keys.sort
    browser.visit { |page| assert_equal [deep], page.see("deeper") }
  end

  def test_wrong_options_are_said_at_the_start
    assert_equal "wrong_url", assert_raises(RestSessions::Configuration) { browser(url: nil) }.code
    assert_equal "wrong_touch_interval", assert_raises(RestSessions::Configuration) { browser(touch_interval: -1) }.code
  end

  private

  def browser(**options)
    RackPages.browser(options.fetch(:url, @url), @app, **options)
  end

  def begun
    browser.tap { |each| each.visit { |page| page.set("cart", 1) } }
  end

  def client
    @client ||= RestSessions::Client.new(url: @url, app: @app)
  end
end
