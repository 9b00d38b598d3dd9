# frozen_string_literal: true

require "erb"
require "json"
require "securerandom"

module RestSessions
  # One request. `repeatable`: it does no harm twice, because it is a read or has an Idempotency-Key. `verb`: of Net::HTTP. `wait`: how long
  # the server was asked to take, in seconds, or nil. `shape`: tells whether an object can be the server's answer; nil for any.
  Call = Struct.new(:verb, :path, :headers, :body, :repeatable, :wait, :shape, keyword_init: true)
  private_constant :Call

  # Tells whether something can be the token of a session. What cannot is no session, and the server need not be asked.
  def self.token?(text)
    text.is_a?(String) && text.ascii_only? && /\A[A-Za-z0-9._~:,-]{16,256}\z/.match?(text)
  end

  # Calls the v1 API of a server. It keeps its connections, and can be shared by threads and across forks.
  #
  # `timeout`: for one answer, in seconds. Sessions are hashes with the names of the API ("idleTimeout"); arguments are in Ruby's style
  # (idle_timeout:). Errors of every method: RestSessions::Error and its classes.
  class Client
    def initialize(url:, app:, key: nil, timeout: 2)
      @settings = Settings.new(url, app, key, timeout)
      @transport = Transport.new(@settings)
    end

    # Makes a session, with a token of the server: {"token", "session"}. Takes subject, data, ip, user_agent, label, idle_timeout and
    # absolute_timeout.
    def create(**session)
      send_call("Post", "/sessions", idempotent, members(session), repeatable: true, shape: Shapes::TOKEN_AND_SESSION)
    end

    # Reads a session. `touch`: someone is there, so its idle deadline slides. Errors: SessionNotFound.
    def get(token, touch: false, fields: nil)
      query = query_of(touch: touch || nil, fields: fields&.join(","))
      send_call("Get", "/session#{query}", of(token), repeatable: true, shape: Shapes.members(fields))
    end

    # The same. Absence: nil.
    def find(token, touch: false)
      get(token, touch: touch)
    rescue SessionNotFound
      nil
    end

    # Changes top-level keys of the data, and no other. It never creates a session. Errors: SessionNotFound.
    def patch(token, set: nil, unset: nil, if_version: nil, **more)
      change = { set: set, unset: unset }.reject { |_, value| value.nil? || value.empty? }
      condition = if_version ? { "If-Match" => "\"#{if_version}\"" } : {}
      send_call("Patch", "/session", of(token).merge(condition), members(change.merge(more)), shape: Shapes::SESSION)
    end

    # Creates or replaces the session under a token that the caller chose. `only`: :new or :existing.
    def put(token, only: nil, **session)
      conditions = { nil => {}, new: { "If-None-Match" => "*" }, existing: { "If-Match" => "*" } }
      condition = conditions.fetch(only) { raise ArgumentError, "only must be :new, :existing or nil" }
      send_call("Put", "/session", of(token).merge(condition), members(session), shape: Shapes::SESSION)
    end

    def replace_data(token, data)
      send_call("Put", "/session/data", of(token), data, shape: Shapes::SESSION)
    end

    # Slides the idle deadline. With idle_timeout, in seconds, that one holds from now on.
    def touch(token, idle_timeout: nil)
      body = idle_timeout && { "idleTimeout" => idle_timeout }
      send_call("Post", "/session/touch", of(token), body, repeatable: true, shape: Shapes::SESSION)
    end

    # Gives a session a new token: {"token", "session"}. With a subject it is a login. Takes what `create` takes, `grace` in seconds, and
    # a `token` that the caller chose.
    def rotate(token, **rotation)
      send_call("Post", "/session/rotate", of(token).merge(idempotent), members(rotation),
                repeatable: true, shape: Shapes::TOKEN_AND_SESSION)
    end

    # Ends it. It tells whether there was one. `reason`, here and below: why, for events, history and audit log; 200 characters at most.
    def revoke(token, reason: nil)
      RestSessions.token?(token) && ended("/session#{query_of(reason: reason)}", of(token)) == 1
    end

    def get_by_id(id)
      send_call("Get", "/sessions/#{escape(id)}", repeatable: true, shape: Shapes::SESSION)
    end

    def revoke_by_id(id, reason: nil)
      ended("/sessions/#{escape(id)}#{query_of(reason: reason)}") == 1
    end

    # Gives a page of the sessions of the app, or of a user: {"sessions", "cursor"}. The cursor is nil on the last page.
    def list(subject: nil, active_within: nil, limit: nil, cursor: nil)
      path = subject.nil? ? "/sessions" : below(subject, "sessions")
      query = query_of(activeWithin: active_within, limit: limit, cursor: cursor)
      send_call("Get", path + query, repeatable: true, shape: Shapes::PAGE)
    end

    # Ends all sessions of a user, or all but one. It gives how many.
    def revoke_subject(subject, except_id: nil, reason: nil)
      ended(below(subject, "sessions") + query_of(except: except_id, reason: reason))
    end

    # What has ended of a user, the latest end first, where the policy keeps a history: hashes with "id", "label", "ip", "userAgent",
    # "createdAt", "lastSeenAt", "endedAt", "reason", "by" and "note".
    def history(subject)
      send_call("Get", below(subject, "history"), repeatable: true, shape: Shapes::HISTORY)["history"]
    end

    # Gives how many entries there were.
    def erase_history(subject)
      send_call("Delete", below(subject, "history"), repeatable: true, shape: Shapes::ERASED)["erased"]
    end

    # The events of the app as they happen: an EventStream, whose `each` yields Event and Resync. It begins behind the position `after`, by
    # default now. `types` and `subject`, of a user, choose events. A connection without a byte for `silence` seconds counts as dead; the
    # server sends one each 15 s. `on_retry` is called with the Error that ended a connection, and the seconds until the next one.
    def events(after: nil, types: nil, subject: nil, silence: 45, on_retry: nil)
      raise ArgumentError, "after must be a position that the server gave" unless after.nil? || /\A[!-~]+\z/.match?(after)

      path = "/events#{query_of(types: types&.join(","), subject: subject)}"
      EventStream.new(@settings, path, after: after, silence: silence, on_retry: on_retry)
    end

    # An EventPage of those that are kept: behind the position `after`, by default from the oldest on; `after: "end"` gives the position of
    # now alone. `wait`: for so many seconds, 30 at most, where there is none yet.
    def event_page(after: nil, limit: nil, types: nil, subject: nil, wait: nil)
      query = query_of(after: after, limit: limit, types: types&.join(","), subject: subject, wait: wait)
      answer = send_call("Get", "/events#{query}", repeatable: true, wait: wait)
      begin
        EventPage.new(events: answer.fetch("events").map { |each| Event.new(each) }, next: answer.fetch("next"),
                      more: answer["more"] == true, resync: answer["resync"] == true)
      rescue ArgumentError, IndexError, NoMethodError => e
        raise Answer.no_event(@settings, e)
      end
    end

    # Gives for each token its session, or nil, in order. Asking is no activity.
    def verify(*tokens)
      shape = Shapes.verified(tokens.size)
      answer = send_call("Post", "/sessions:verify", {}, { "tokens" => tokens }, repeatable: true, shape: shape)
      answer["results"].map { |result| result["session"] if result["active"] }
    end

    # How many were there within so many seconds: {"subjects", "sessions"}.
    def activity(within: 600)
      send_call("Get", "/activity#{query_of(within: within)}", repeatable: true, shape: Shapes::COUNTS)
    end

    def close
      @transport.close
    end

    # The key is not for logs.
    def inspect
      "#<#{self.class} #{@settings.base} #{@settings.app}>"
    end

    private

    def send_call(verb, path, headers = {}, body = nil, repeatable: false, wait: nil, shape: nil)
      call = Call.new(verb: verb, path: path, headers: headers, body: body && JSON.generate(body), repeatable: repeatable,
                      wait: wait, shape: shape)
      response, text = @transport.exchange(call)
      Answer.read(@settings, call, response, text)
    end

    def of(token)
      raise SessionNotFound.new(status: nil) unless RestSessions.token?(token)

      { "Session-Token" => token }
    end

    def idempotent
      { "Idempotency-Key" => SecureRandom.hex(16) }
    end

    # user_agent is "userAgent" in the API.
    def members(arguments)
      arguments.transform_keys { |name| name.to_s.gsub(/_([a-z])/) { Regexp.last_match(1).upcase } }
    end

    def query_of(**values)
      known = values.compact
      known.empty? ? "" : "?#{URI.encode_www_form(known)}"
    end

    def ended(path, headers = {})
      send_call("Delete", path, headers, repeatable: true, shape: Shapes::REVOKED)["revoked"]
    end

    def below(subject, what)
      # URLs take these for steps, so the server would not see them.
      raise ArgumentError, "a subject must not be #{subject.inspect}" if ["", ".", ".."].include?(subject)

      "/subjects/#{escape(subject)}/#{what}"
    end

    def escape(text)
      ERB::Util.url_encode(text)
    end
  end
end
