# frozen_string_literal: true

require "fileutils"

# Writes what minitest found as JUnit's XML, to the file that REPORT names: Debian has no reporter that does so for this minitest.
class JUnitReporter < Minitest::AbstractReporter
  def initialize(path)
    super()
    @path = path
    @results = []
  end

  def record(result)
    @results << result
  end

  def report
    FileUtils.mkdir_p(File.dirname(@path))
    File.write(@path, "<testsuite name=\"ruby\">\n#{@results.map { |result| line(result) }.join}</testsuite>\n")
  end

  private

  def line(result)
    kind = result.skipped? ? "skipped" : "failure"
    said = result.failures.map { |failure| escape("#{failure.message}\n#{failure.location}") }.join("\n")
    inside = result.failures.empty? ? "" : "<#{kind}>#{said}</#{kind}>"
    "<testcase classname=\"#{escape(result.klass)}\" name=\"#{escape(result.name)}\">#{inside}</testcase>\n"
  end

  def escape(text)
    # XML has no other control characters.
    text.scrub.gsub(/[^\t\n\r -\u{10FFFF}]/, "?").encode(xml: :attr)[1..-2]
  end
end

# How minitest takes reporters in.
module Minitest
  def self.plugin_junit_init(_options)
    reporter << JUnitReporter.new(ENV.fetch("REPORT")) if ENV.key?("REPORT")
  end

  extensions << "junit"
end
