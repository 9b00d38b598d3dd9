# frozen_string_literal: true

require_relative "lib/rest_sessions/version"

Gem::Specification.new do |spec|
  spec.name = "rest_sessions"
  spec.version = RestSessions::VERSION
  spec.summary = "Login sessions that every stack shares: client, Rack and Rails session stores for the REST-Sessions server"
  spec.description = "The client of the REST-Sessions server, and session stores for Rack and Rails that write only what changed."
  spec.authors = ["The REST-Sessions authors"]
  spec.license = "MIT"
  spec.homepage = "https://rest-sessions.example"
  spec.required_ruby_version = ">= 3.0"
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb", "README.md", "CHANGELOG.md", "LICENSE"] }
  spec.metadata["rubygems_mfa_required"] = "true"
end
