# The page in Ruby. It shares one login session with the pages in the other languages; see README.md.
%w[erb json net/http socket timeout].each { |library| require library }
include ERB::Util # h for text in HTML, u for text in URLs
API = URI("#{ENV.fetch('SESSIONS_URL')}/v1/apps/shop")
SERVER = [API.host, API.port, { use_ssl: API.scheme == 'https', open_timeout: 2, read_timeout: 2 }].freeze
KEY = ENV['SESSIONS_KEY'].to_s.empty? ? {} : { 'Authorization' => "Bearer #{ENV['SESSIONS_KEY']}" }
ATTRIBUTES = "; HttpOnly; SameSite=Lax; Path=/#{'; Secure' if ENV['PLAIN_HTTP'].to_s.empty?}".freeze
CLEARED = { 'Set-Cookie' => "session=; Max-Age=0#{ATTRIBUTES}" }.freeze
LOGIN, HOME = %w[login home].map { |name| File.read("#{__dir__}/#{name}.html", encoding: 'UTF-8') }
class LoggedOut < StandardError; end # There is no such session any more. Other faults say nothing about it.

def call(verb, path, mine = {}, body = nil, type = 'application/json')
  headers = { 'Content-Type' => type, **KEY, **mine }
  answer = Net::HTTP.start(*SERVER) { |http| http.send_request(verb, API.path + path, body&.to_json, headers) }
  json = JSON.parse(answer.body)
  return json if answer.is_a?(Net::HTTPSuccess)
  raise json['code'] == 'session_not_found' ? LoggedOut : "#{answer.code} #{json['detail']}"
end
def fill(page, words) = page.gsub(/\{(\w+)\}/) { words.fetch($1.to_sym) }
def list(lines) = lines.map { |line| "<li>#{h(line)}" }.join

def respond(action, form, headers, ip) # gives status, headers and HTML
  if action == 'POST /login' && form.fetch('user', '') != '' # the place to check a password
    login = { subject: form['user'], ip: ip, userAgent: headers['user-agent'].to_s[/.{1,512}/] || 'unknown' }
    token = call('POST', '/sessions', {}, login)['token']
    return 303, { 'Location' => '/', 'Set-Cookie' => "session=#{token}#{ATTRIBUTES}" }
  end
  mine = { 'Session-Token' => headers.fetch('cookie', '')[/(?:\A|;) *session=([A-Za-z0-9]+)/, 1] }
  return 200, {}, fill(LOGIN, message: 'Please log in.') unless mine['Session-Token']
  if action == 'POST /add' && form.fetch('item', '') != '' # a merge patch: what other pages add meanwhile stays
    call('PATCH', '/session', mine, { cart: { form['item'] => 'Ruby' } }, 'application/merge-patch+json')
    return 303, { 'Location' => '/' }
  end
  session = call('GET', '/session?touch=true', mine)
  everywhere = "/subjects/#{u(session['subject'])}/sessions"
  if action == 'POST /logout-everywhere'
    call('DELETE', everywhere)
    return 303, { 'Location' => '/', **CLEARED }
  end
  cart = list(session['data'].fetch('cart', {}).map { |item, page| "#{item} (#{page})" })
  devices = list(call('GET', everywhere)['sessions'].map { |one| "#{one['userAgent']}, #{one['ip']}" })
  [200, {}, fill(HOME, language: 'Ruby', user: h(session['subject']), cart: cart, devices: devices)]
rescue LoggedOut
  [403, CLEARED, fill(LOGIN, message: 'Logged out.')]
rescue StandardError => e # the cookie stays: nobody knows whether there is a session
  warn e.message
  [503, { 'Retry-After' => '5' }, 'Please try again in a moment.']
end
def serve(client, address)
  verb, path = client.gets.split
  lines = client.each_line.take_while { |line| line != "\r\n" }.map { |line| line.force_encoding('UTF-8').scrub.chomp }
  headers = lines.to_h { |line| line.split(/: */, 2) }.transform_keys(&:downcase)
  form = URI.decode_www_form(client.read([headers['content-length'].to_i, 10_000].min)).to_h
  status, more, html = respond("#{verb} #{path}", form, headers, address.ip_address)
  sent = { 'Content-Type' => 'text/html; charset=utf-8', 'Cache-Control' => 'no-store', **more }.map { _1.join(': ') }
  client.write(["HTTP/1.1 #{status} ", 'Connection: close', *sent, '', html].join("\r\n"))
ensure
  client.close
end
Socket.tcp_server_loop('127.0.0.1', ENV['PORT']) { |*client| Thread.new { Timeout.timeout(10) { serve(*client) } } }
