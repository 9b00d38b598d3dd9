# frozen_string_literal: true

require "json"

if ENV["STORE"] == "ours"
  require "rack/session/rest_sessions"
  use Rack::Session::RestSessions, url: ENV.fetch("SESSIONS_URL"), app: "bench", timeout: 20
else
  require "rack/session/redis"
  use Rack::Session::Redis, redis_server: "redis://127.0.0.1:#{ENV.fetch("REDIS_PORT")}/0"
end

run(lambda do |env|
  session = env["rack.session"]
  if env["PATH_INFO"] == "/login"
    JSON.parse(env["rack.input"].read).each { |key, value| session[key] = value }
    [200, {}, []]
  else
    [200, { "Content-Type" => "application/json" }, [JSON.generate(name: session["name"])]]
  end
end)
