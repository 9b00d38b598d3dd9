# frozen_string_literal: true

require "rack/session/abstract/id"
require "time"
require_relative "../rest_sessions"
require_relative "codec"
require_relative "own_part"
require_relative "page"
require_relative "touch_times"

module RestSessions
  # What the stores for Rack and for Rails have in common, on top of Rack::Session::Abstract::PersistedSecure.
  #
  # The session is read when the page first uses it. At the end of the request only the top-level keys that changed since are sent, so of
  # two requests at once both keep what they wrote. A write never creates: what was ended meanwhile stays ended, and is told as Rack tells
  # it ("failed to save session"). Every other fault is raised, and never looks like an empty session.
  module Store
    OWN = %i[client url app api_key timeout touch_interval subject marshal].freeze
    # Seconds. The server takes no shorter idle timeout.
    SHORTEST_IDLE = 10
    private_constant :OWN, :SHORTEST_IDLE

    attr_reader :client

    private

    # Takes our options out of those that are Rack's.
    def set_up(options, private_key, private_names)
      @client = options[:client] || Client.new(url: options[:url], app: options[:app], key: options[:api_key],
                                               timeout: options.fetch(:timeout, 2))
      @touches = TouchTimes.new(options.fetch(:touch_interval, 30))
      @subject = options[:subject]
      @own_part = OwnPart.new(@client, private_key)
      @codec = Codec.new(private_key, private_names: private_names, marshal: options.fetch(:marshal, true))
      @has_own_name = options.key?(:key)
      options.except(*OWN)
    end

    public

    # Gives [id, values]. A token that opens nothing is not taken over.
    def find_session(req, sid)
      page = page_of(req)
      token = sid&.public_id
      read(page, token) if token && !page.mine?(token)
      return [generate_sid, {}] if page.token.nil?

      values = @codec.open(page.stored["data"])
      page.picture(Codec.texts(@codec.pack(values)))
      page.subject = subject_of(values)
      [session_id(page.token), values]
    end

    # Gives the id. Absence: false when the session was ended meanwhile.
    def write_session(req, sid, values, options)
      page = page_of(req)
      return false if page.interrupted?

      values = values.merge(nulls(req, page, values))
      if page.token.nil?
        create(req, page, sid.public_id, values, options)
      else
        log_in(page, values)
        change(page, values, options)
      end
      session_id(page.token)
    rescue Error => e
      raise unless gone?(e)

      interrupt(page, page.token)
      false
    end

    # Ends the session, or with :renew at the end of a request gives it a new token. Absence: nil with :drop.
    def delete_session(req, sid, options)
      page = page_of(req)
      token = page.mine?(sid&.public_id) ? page.token : sid&.public_id
      token = nil unless page.token || from_browser?(req, token)
      if token && page.ending && options[:renew] && !options[:drop]
        renew(req, page, token)
        return page.token ? session_id(page.token) : generate_sid
      end
      finish(page, token) if token
      generate_sid unless options[:drop]
    end

    def commit_session(req, res)
      page = page_of(req)
      page.ending = true
      super
      clear_cookie(req, res) if page.token.nil? && page.lost?(req.cookies[cookie_name(req)])
    end

    private

    def page_of(req)
      name = "rest_sessions.page.#{object_id}"
      req.get_header(name) || req.set_header(name, Page.new)
    end

    def session_id(token)
      Rack::Session::SessionId.new(token)
    end

    def read(page, token)
      touch = @touches.due?(token)
      stored = @client.get(token, touch: touch)
      @touches.note(token, stored["idleTimeout"]) if touch
      page.take(token, stored)
    rescue SessionNotFound
      @touches.forget(token)
      page.lose(token)
    end

    def interrupt(page, token)
      @touches.forget(token)
      page.interrupt(token)
    end

    def finish(page, token)
      @touches.forget(token)
      @client.revoke(token)
      page.forget(token)
    end

    # The old token ends at once, as with Rack's other stores: whoever planted it before a login must not come in with it.
    def renew(req, page, token)
      session = req.get_header(Rack::RACK_SESSION)
      # A session that was not read has not changed hands.
      login = page.token ? subject_change(page, session.to_hash) : {}
      rotate(page, token, login)
    rescue Error => e
      raise unless gone?(e)

      interrupt(page, token)
    end

    # Another page may have ended it, or given it a token that ended this one.
    def gone?(error)
      error.is_a?(SessionNotFound) || error.code == "token_replaced"
    end

    def log_in(page, values)
      login = subject_change(page, values)
      rotate(page, page.token, login) unless login.empty?
    end

    def rotate(page, token, login)
      made = @client.rotate(token, grace: 0, **login)
      @touches.forget(token)
      @touches.note(made["token"], made["session"]["idleTimeout"])
      page.forget(token) if page.token.nil?
      page.take(made["token"], made["session"])
      page.subject = login[:subject] if login.key?(:subject)
    end

    # What a rotation is given when the page logged somebody in or out. Another stack's login is not touched by a page that did neither.
    def subject_change(page, values)
      subject = subject_of(values)
      subject == page.subject || subject == page.stored["subject"] ? {} : { subject: subject }
    end

    # Absence: nil for a guest, or where the option is not used.
    def subject_of(values)
      subject = @subject&.call(values).to_s
      subject unless subject.empty?
    end

    def create(req, page, token, values, options)
      data = @codec.pack(values)
      stored = @client.put(token, only: :new, subject: subject_of(values), data: data, **device(req), **lasting(options))
      @touches.note(token, stored["idleTimeout"])
      page.take(token, stored)
    end

    def change(page, values, options)
      data = @codec.pack(values)
      texts = Codec.texts(data)
      changed = data.reject { |key, _| page.texts[key] == texts[key] }
      removed = page.texts.keys - texts.keys
      lasts = lasting(options, page.stored)
      return if changed.empty? && removed.empty? && !lasts.key?(:absolute_timeout)

      lasts = {} if lasts[:idle_timeout] == page.stored["idleTimeout"]
      stored = @own_part.write(page, changed, removed, lasts)
      @touches.note(page.token, stored["idleTimeout"])
    end

    # What the list of a user's sessions shows of it.
    def device(req)
      agent = req.user_agent.to_s.dup.force_encoding(Encoding::UTF_8).scrub[0, 2048]
      { ip: req.ip.to_s[0, 64], user_agent: agent }.reject { |_, text| text.empty? }
    end

    # Gives the timeout that `expire_after` asks for. A very short one is told as the end that it has for now, and anew at each request.
    def lasting(options, stored = nil)
      seconds = options[:expire_after]&.to_f
      return {} unless seconds
      return { idle_timeout: seconds } if seconds >= SHORTEST_IDLE

      began = stored && Time.iso8601(stored["authenticatedAt"] || stored["createdAt"])
      { absolute_timeout: began ? Time.now - began + seconds : seconds }
    end

    # Rack leaves out what is nil. A key that another stack set to null, and that is still there, was not removed.
    def nulls(req, page, values)
      session = req.get_header(Rack::RACK_SESSION)
      kept = page.texts.select { |key, text| text == "null" && !values.key?(key) && session.key?(key) }
      kept.transform_values { nil }
    end

    # A session that was never kept, and with nothing in it, needs neither a request nor a cookie.
    def commit_session?(req, session, options)
      super && !(page_of(req).token.nil? && session.to_hash.compact.empty?)
    end

    def extract_session_id(request)
      sid = browser_token(request)
      sid && session_id(sid)
    end

    # Absence: nil for what can be no token.
    def browser_token(request)
      token = request.cookies[cookie_name(request)]
      token ||= request.params[cookie_name(request)] unless @cookie_only
      token if RestSessions.token?(token)
    end

    def from_browser?(request, token)
      !token.nil? && token == browser_token(request)
    end

    # Over HTTPS the browser sees to it that no other host sets it. That needs a cookie for this host alone and all its paths.
    def cookie_name(request)
      return @key if @has_own_name || !request.ssl? || @default_options[:domain] || @default_options[:path] != "/"

      "__Host-#{@key}"
    end

    # Where the application did not say, a cookie that came over HTTPS stays there.
    def secure?(request)
      @default_options[:secure] || request.ssl?
    end

    def where(request)
      { path: @default_options[:path], domain: @default_options[:domain], secure: secure?(request) }
    end
  end
end
