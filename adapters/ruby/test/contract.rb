# frozen_string_literal: true

require "json"
require "net/http"

# Plays adapters/contract: the rules that all session layers keep.
module Contract
  # What a page answered: "well", "error" or "told", and its Set-Cookie lines.
  Answer = Struct.new(:ends, :set_cookies)

  def self.env(name)
    ENV.fetch(name) { raise "#{name} is not set: run the tests by node adapters/contract/with-servers.mjs" }
  end

  # The real servers, by the name of their store.
  def self.stores
    { "embedded" => ENV.fetch("REST_SESSIONS_EMBEDDED", nil), "redis" => ENV.fetch("REST_SESSIONS_REDIS", nil) }.compact
  end

  def self.vectors
    @vectors ||= get("/contract/vectors")
  end

  def self.get(path)
    JSON.parse(Net::HTTP.get(URI(env("REST_SESSIONS_CONTRACT") + path)))
  end

  # Plays one vector with an application: `application` gets the URL and the app, and gives what requests a page with a cookie. That is
  # called with the cookie, or nil, and a block that does what the page does; it gives an Answer. The block gets how to see, set, unset,
  # log in and log out. Gives the faults.
  def self.play(name, application)
    server = env("REST_SESSIONS_CONTRACT")
    text = Net::HTTP.post(URI("#{server}/contract/plays"), { vector: name }.to_json, "Content-Type" => "application/json").body
    Play.new(JSON.parse(text), application, server).faults
  end

  # One vector under way.
  class Play
    attr_reader :faults

    def initialize(vector, application, server)
      @faults = []
      request = application.call(server, vector["app"])
      @jar = nil
      vector["pages"].each { |page| turn(page, request) }
      @faults.concat(Contract.get("/contract/plays/#{vector["app"]}")["faults"])
    end

    private

    def turn(page, request)
      @jar = page["cookie"] if page.key?("cookie")
      answer = request.call(@jar, ->(deeds) { page["does"].each { |deed| perform(deeds, *deed) } })
      unless page["ends"].split(" or ").include?(answer.ends)
        @faults << "the page ended #{answer.ends}, and must end #{page["ends"]}"
      end
      was = cookie(answer.set_cookies)
      return if page["setCookie"] == "any" || page["setCookie"].split(" or ").include?(was)

      @faults << "the cookie is #{was}, and must be #{page["setCookie"]}: #{answer.set_cookies}"
    end

    def perform(deeds, kind, *rest)
      case kind
      when "see"
        seen = deeds.see(rest[0])
        @faults << "#{rest[0]} is #{seen.inspect}, and must be #{rest[1].inspect}" unless seen == rest[1]
      when "set-inside" then deeds.see(rest[0])[rest[1]] = rest[2]
      else deeds.public_send(kind, *rest)
      end
    end

    # What became of the cookie. The same token once more is none.
    def cookie(lines)
      lines.each do |line|
        pair, *attributes = line.split(";").map(&:strip)
        value = pair.partition("=").last
        if attributes.map(&:downcase).any? { |each| each == "max-age=0" || each.start_with?("expires=thu, 01 jan 1970") }
          @jar = nil
          return "cleared"
        end
        wrong = ["httponly", "samesite=lax", "path=/"] - attributes.map(&:downcase)
        @faults << "the cookie must have #{wrong.join(", ")}: #{line}" unless wrong.empty?
        next if value == @jar

        @jar = value
        return "new"
      end
      "none"
    end
  end
end
