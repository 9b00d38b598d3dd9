# frozen_string_literal: true

require "json"

module RestSessions
  # Writes a change in which the framework's own part is: one value of the data, with the flash, the CSRF token and what JSON lacks.
  # It is written only over the version that the page has read, or else what another page has written of it meanwhile would be lost.
  # Where another page was faster, the names that this one has changed are put into what is there by now.
  class OwnPart
    # The last time it asks no more.
    MOST_TRIES = 8
    private_constant :MOST_TRIES

    # Gives what is there when what led from `before` to `mine` is done to `theirs`.
    def self.merge(before, mine, theirs)
      old, new, now = [before, mine, theirs].map { |own| flat(own) }
      changed = new.reject { |name, kept| old[name] == kept }
      merged = now.merge(changed).reject { |name, _| old.key?(name) && !new.key?(name) }
      merged.each_with_object({}) { |(name, (part, value)), own| (own[part] ||= {})[name] = value }
    end

    # A name is in one of the parts: `values` or `marshal`.
    def self.flat(own)
      return {} unless own.is_a?(Hash)

      own.each_with_object({}) do |(part, kept), all|
        kept.each { |name, value| all[name] = [part, value] } if kept.is_a?(Hash)
      end
    end
    private_class_method :flat

    def initialize(client, key)
      @client = client
      @key = key
    end

    # Gives the session. `set` and `unset` are the top-level keys that changed, `lasts` its timeouts.
    def write(page, set, unset, lasts)
      return @client.patch(page.token, set: set, unset: unset, **lasts) unless set.key?(@key) || unset.include?(@key)

      before = JSON.parse(page.texts.fetch(@key, "{}"))
      mine = set[@key]
      theirs = page.stored
      set, unset = rebase(set, unset, OwnPart.merge(before, mine, theirs["data"][@key])) if page.passed?
      MOST_TRIES.times do
        return @client.patch(page.token, set: set, unset: unset, if_version: theirs["version"], **lasts)
      rescue Error => e
        raise unless e.code == "version_mismatch"

        theirs = @client.get(page.token)
        set, unset = rebase(set, unset, OwnPart.merge(before, mine, theirs["data"][@key]))
      end
      @client.patch(page.token, set: set, unset: unset, **lasts)
    end

    private

    def rebase(set, unset, merged)
      set = set.except(@key)
      unset -= [@key]
      merged.empty? ? [set, unset + [@key]] : [set.merge(@key => merged), unset]
    end
  end
end
