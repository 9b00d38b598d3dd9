# frozen_string_literal: true

require_relative "support"
require_relative "rails_pages"
require "bigdecimal"
require "open3"

class RailsTest < Minitest::Test
  Contract.stores.each do |store, url|
    define_method("test_flash_and_csrf_token_come_back_and_are_private_on_#{store}") do
      app = Apps.next("flash")
      browser = RailsPages.browser(url, app)
      csrf = nil
      browser.visit do |page|
        page.flash[:notice] = "saved"
        page.flash[:kind] = :green
        page.set("cart", { "lamp" => 1 })
        page.csrf
        csrf = page.session[:_csrf_token]
      end
      data = RestSessions::Client.new(url: url, app: app).get(browser.token)["data"]
      assert_equal %w[_rails cart], data.keys.sort
      browser.visit do |page|
        assert_equal "saved", page.flash[:notice]
        assert_equal :green, page.flash[:kind]
        assert_equal csrf, page.session[:_csrf_token]
      end
      browser.visit { |page| assert_nil page.flash[:notice] }
    end

    define_method("test_values_of_ruby_come_back_on_#{store}") do
      values = { "at" => Time.at(1_764_333_296, 789, :millisecond).utc, "zone" => Time.at(0).in_time_zone("UTC"), "kind" => :guest,
                 "cart" => { lamp: 1 }, "bytes" => "\x00\xFF".b, "price" => BigDecimal("1.10"), "set" => Set[1, 2],
                 "plain" => { "a" => [1, 2.5, nil] } }
      app = Apps.next("values")
      browser = RailsPages.browser(url, app)
      browser.visit { |page| values.each { |key, value| page.set(key, value) } }
      browser.visit { |page| assert_equal values, page.session.to_hash }
      data = RestSessions::Client.new(url: url, app: app).get(browser.token)
      assert_equal %w[_rails plain], data["data"].keys.sort
      assert_equal 1, data["version"], "a page that changes nothing writes nothing"
    end

    define_method("test_reset_session_begins_another_one_on_#{store}") do
      app = Apps.next("reset")
      client = RestSessions::Client.new(url: url, app: app)
      browser = RailsPages.browser(url, app)
      browser.visit { |page| page.set("cart", 1) }
      guest = browser.token
      browser.visit do |page|
        page.logout
        page.session[:_user] = 42
      end
      refute_equal guest, browser.token
      assert_nil client.find(guest)
      assert_equal "42", client.get(browser.token)["subject"]
      refute client.get(browser.token)["data"].key?("cart")
      assert_equal 1, client.revoke_subject("42")
      response = browser.visit { |page| assert_nil page.session[:_user] }
      assert_match(/\Asession=;/, response["Set-Cookie"])
    end
  end

  def test_pages_without_their_session_ask_nothing
    browser = RailsPages.browser("http://127.0.0.1:9", "shop")
    response = browser.visit(token: "a" * 32) { nil }
    assert_equal [200, nil], [response.status, response["Set-Cookie"]]
  end

  def test_a_rails_application_is_set_up_by_one_line
    url = Contract.stores.values.first
    app = Apps.next("rails")
    text, errors, status = Open3.capture3(RbConfig.ruby, File.expand_path("application.rb", __dir__), url, app)
    assert_predicate status, :success?, errors
    seen = JSON.parse(text)
    cart = { "user" => 7, "cart" => { "lamp" => 1 }, "ssl" => true }
    assert_equal [cart.merge("notice" => "welcome"), cart.merge("notice" => nil)], seen.values_at("first", "second")
    assert_match(%r{\A__Host-session=[0-9a-f]{32}; path=/; secure; HttpOnly; SameSite=Lax\z}i, seen["cookie"])
    assert_equal 1, RestSessions::Client.new(url: url, app: app).list(subject: "7")["sessions"].size
  end

  def test_a_class_that_is_loaded_on_demand_is_loaded
    url = Contract.stores.values.first
    browser = RailsPages.browser(url, Apps.next("load"))
    browser.visit { |page| page.set("object", eval("class ::LoadedLater; self; end").new) } # rubocop:disable Style/EvalWithLocation
    Object.send(:remove_const, :LoadedLater)
    assert_raises(ActionDispatch::Session::SessionRestoreError) { browser.visit { |page| page.see("object") } }
  end
end

class ReadmeTest < Minitest::Test
  FOLDER = File.expand_path("..", __dir__)
  README = File.read("#{FOLDER}/README.md")
  BLOCKS = README.scan(/```ruby\n(.*?)```/m).flatten.freeze

  def test_the_lines_for_rack_work
    url = Contract.stores.values.first
    lines = BLOCKS.find { |block| block.include?("config.ru") }.sub("http://127.0.0.1:3000", url)
    application, = Rack::Builder.new_from_string(lines)
    pages = Rack::MockRequest.new(application)
    first = pages.get("/")
    assert_equal "seen 1 times\n", first.body
    assert_equal "seen 2 times\n", pages.get("/", "HTTP_COOKIE" => first["Set-Cookie"][/\A[^;]+/]).body
  end

  def test_the_lines_for_the_client_work
    lines = BLOCKS.find { |block| block.include?("Client.new") }.sub("http://127.0.0.1:3000", Contract.stores.values.first)
    assert_equal 0, Object.new.instance_eval(lines)
  end

  def test_the_lines_for_rails_are_those_of_the_application
    lines = BLOCKS.find { |block| block.include?("session_store") }
    assert_includes lines, "config.session_store :rest_sessions, url: "
    assert_includes File.read("#{__dir__}/application.rb"), "config.session_store :rest_sessions, url: "
  end

  def test_it_leads_somewhere
    README.scan(%r{\]\(((?:\.\./)+[A-Za-z][^)#:]*)\)}).flatten.each { |path| assert_path_exists File.join(FOLDER, path) }
  end
end
