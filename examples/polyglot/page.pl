# The page in Perl. It shares one login session with the pages in the other languages; see README.md.
use v5.36;
use Encode qw(decode encode);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
my $FLAGS = '; HttpOnly; SameSite=Lax; Path=/' . ($ENV{PLAIN_HTTP} ? '' : '; Secure');
sub html ($text) { $text =~ s/([&<>"'])/'&#' . ord($1) . ';'/ger }
sub list (@lines) { join '', map { '<li>' . html($_) } @lines }
sub fill ($name, %words) {
    open my $file, '<:encoding(UTF-8)', __FILE__ =~ s/page\.pl$/$name.html/r or die "$name.html: $!";
    return encode('UTF-8', join('', <$file>) =~ s/\{(\w+)\}/$words{$1}/gr);
}
sub call ($verb, $path, $mine = {}, $body = undef, $type = 'application/json') {    # a reference dies: it has ended
    my %key = $ENV{SESSIONS_KEY} ? (Authorization => "Bearer $ENV{SESSIONS_KEY}") : ();
    my $asked = { headers => { 'Content-Type' => $type, %$mine, %key }, content => $body && encode_json($body) };
    my $answer = HTTP::Tiny->new(timeout => 2)->request($verb, "$ENV{SESSIONS_URL}/v1/apps/shop$path", $asked);
    return decode_json($answer->{content}) if $answer->{success};
    die $answer->{content} =~ /"code":"session_not_found"/ ? \'logged out' : "$answer->{status} $answer->{content}\n";
}
sub respond ($action, $form, $headers, $ip) {    # gives status, headers and HTML
    if ($action eq 'POST /login' && length $form->{user}) {    # the place to check a password
        my $agent = substr $headers->{'user-agent'} || 'unknown', 0, 512;
        my $made = call('POST', '/sessions', {}, { subject => $form->{user}, ip => $ip, userAgent => $agent });
        return 303, { Location => '/', 'Set-Cookie' => "session=$made->{token}$FLAGS" }, '';
    }
    my $mine = { 'Session-Token' => (($headers->{cookie} // '') =~ /(?:^|;) *session=([A-Za-z0-9]+)/, undef)[0] };
    return 200, {}, fill('login', message => 'Please log in.') unless $mine->{'Session-Token'};
    if ($action eq 'POST /add' && length $form->{item}) {    # a merge patch: what other pages add meanwhile stays
        call('PATCH', '/session', $mine, { cart => { $form->{item} => 'Perl' } }, 'application/merge-patch+json');
        return 303, { Location => '/' }, '';
    }
    my ($user, $data) = call('GET', '/session?touch=true', $mine)->@{ 'subject', 'data' };
    my $everywhere = '/subjects/' . encode('UTF-8', $user) =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/gear . '/sessions';
    if ($action eq 'POST /logout-everywhere') {
        call('DELETE', $everywhere);
        return 303, { Location => '/', 'Set-Cookie' => "session=; Max-Age=0$FLAGS" }, '';
    }
    my $cart = list(map { "$_ ($data->{cart}{$_})" } sort keys %{ $data->{cart} // {} });
    my $devices = list(map { "$_->{userAgent}, $_->{ip}" } @{ call('GET', $everywhere)->{sessions} });
    return 200, {}, fill('home', language => 'Perl', user => html($user), cart => $cart, devices => $devices);
}
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ENV{PORT}", Listen => 64, ReuseAddr => 1) or die $@;
while (my $client = $server->accept) {
    next if fork // 1;
    alarm 10;
    my ($action) = <$client> =~ /^(\S+ \S+)/;
    my %headers;
    while (<$client> =~ /^([^:]+): *(.*?)\r\n/) { $headers{ lc $1 } = decode('UTF-8', $2) }
    read $client, my $body, $headers{'content-length'} // 0;
    my @pairs = map { /^([^=]*)=?(.*)/ } split /&/, $body =~ tr/+/ /r;
    my %form = map { decode('UTF-8', s/%(\p{XDigit}{2})/chr hex $1/ger) } @pairs;
    my @answer = eval { respond($action, \%form, \%headers, $client->peerhost) };
    @answer = (403, { 'Set-Cookie' => "session=; Max-Age=0$FLAGS" }, fill('login', message => 'Logged out.')) if ref $@;
    warn $@ and @answer = (503, { 'Retry-After' => 5 }, 'Please try again in a moment.') unless @answer; # nobody knows
    my %sent = ('Content-Type' => 'text/html; charset=utf-8', 'Cache-Control' => 'no-store', %{ $answer[1] });
    print $client "HTTP/1.0 $answer[0] \r\n", (map { "$_: $sent{$_}\r\n" } keys %sent), "\r\n", $answer[2];
    exit;
}
