# frozen_string_literal: true

# The page on Rack's session.

require "cgi"
require "rest_sessions"
require "rack/session/rest_sessions"

CLIENT = RestSessions::Client.new(url: ENV.fetch("SESSIONS_URL"), app: "shop")

def show(template, **parts)
  text = File.read(File.join(__dir__, "..", "#{template}.html"), encoding: "UTF-8")
  text = text.gsub(/\{(\w+)\}/) { { page: "Rack", **parts }.fetch(Regexp.last_match(1).to_sym) }
  [200, { "Content-Type" => "text/html; charset=utf-8", "Cache-Control" => "no-store" }, [text]]
end

def back
  [303, { "Location" => "./" }, []]
end

def home(session)
  return show("login") unless session["user"]

  items = session.to_hash.select { |key, _| key.start_with?("item:") }
  cart = items.map { |key, page| %(<li data-page="#{page}">#{CGI.escapeHTML(key.delete_prefix("item:"))}</li>) }.join
  show("home", user: CGI.escapeHTML(session["user"]), cart: cart)
end

def change(action, session, form)
  case action
  when "/login" # the place to check a password
    session["user"] = form["user"]
    session.options[:renew] = true
  when "/add"
    session["item:#{form["item"]}"] = "Rack" if session["user"]
  when "/logout-everywhere"
    CLIENT.revoke_subject(session["user"]) if session["user"]
    session.destroy
  end
  back
end

use Rack::Session::RestSessions, client: CLIENT, subject: ->(session) { session["user"] }

run(lambda do |env|
  request = Rack::Request.new(env)
  request.post? ? change(request.path_info, request.session, request.POST) : home(request.session)
end)
