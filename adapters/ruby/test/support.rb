# frozen_string_literal: true

$LOAD_PATH.unshift File.expand_path("../lib", __dir__)
require "minitest/autorun"
require_relative "contract"
require_relative "junit"
require "rest_sessions"

# Names for the tests' own apps, so that no test sees what another one left.
module Apps
  def self.next(what)
    @count = (@count || 0) + 1
    "rb-#{what[0, 12]}-#{@count}"
  end
end
