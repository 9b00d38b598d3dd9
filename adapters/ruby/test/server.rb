# frozen_string_literal: true

require "json"
require "tmpdir"
require_relative "contract"

# A server of a test's own, which it ends and starts again, on the same address and the same data. Its app `heard` has events.
class OwnServer
  attr_reader :url

  def self.run
    Dir.mktmpdir do |folder|
      server = new(folder)
      begin
        server.start
        yield server
      ensure
        server.stop
      end
    end
  end

  def initialize(folder)
    @folder = folder
  end

  def start
    command = JSON.parse(Contract.env("REST_SESSIONS_COMMAND"))
    port = Contract.env("REST_SESSIONS_PORT")
    policy = File.join(@folder, "policy.json")
    File.write(policy, '{"apps": {"heard": {"events": true}}}')
    environment = { "PATH" => ENV.fetch("PATH"), "RS_PORT" => port, "RS_STORE" => "lmdb:#{@folder}/data", "RS_CONFIG" => policy }
    reader, writer = IO.pipe
    @pid = Process.spawn(environment, *command, unsetenv_others: true, out: writer, err: %i[child out])
    writer.close
    @url = reader.each_line.lazy.filter_map { |line| line[/listens on (http:\S+)/, 1] }.first || raise("the server ended")
    @drain = Thread.new { reader.each_line { nil } }
  end

  def stop
    return if @pid.nil?

    Process.kill("KILL", @pid)
    Process.wait(@pid)
    @drain.join
    @pid = nil
  end
end
