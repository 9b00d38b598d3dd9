# frozen_string_literal: true

# A Rails application, as its users set it up: started by test_rails.rb in a process of its own, with the server's URL and the app. It
# plays a visitor, and prints what it saw as JSON.
$LOAD_PATH.unshift File.expand_path("../lib", __dir__)
require "rails"
require "action_controller/railtie"
require "rack/test"
require "rest_sessions"
require "json"

class Shop < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.hosts.clear
  config.secret_key_base = "a" * 64
  config.logger = Logger.new(IO::NULL)
  config.session_store :rest_sessions, url: ARGV[0], app: ARGV[1], subject: ->(session) { session["user_id"] }
  routes.append do
    post "/login", to: "shop#login"
    get "/cart", to: "shop#cart"
  end
end

Shop.initialize!

class ShopController < ActionController::Base
  skip_forgery_protection only: :login

  def login
    reset_session
    session[:user_id] = 7
    session[:cart] = { "lamp" => 1 }
    redirect_to "/cart", notice: "welcome"
  end

  def cart
    render json: { user: session[:user_id], cart: session[:cart], notice: flash.notice, ssl: request.ssl? }
  end
end

browser = Rack::Test::Session.new(Shop)
browser.post("https://shop.test/login")
set = browser.last_response["Set-Cookie"]
first = JSON.parse(browser.get("https://shop.test/cart").body)
second = JSON.parse(browser.get("https://shop.test/cart").body)
puts JSON.generate(cookie: set, first: first, second: second)
