<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;
use RestSessions\Exception\Configuration;
use RestSessions\Exception\RestSessionsException;
use RestSessions\Exception\ServerLost;
use RestSessions\Exception\SessionNotFound;
use RestSessions\Exception\Timeout;
use RestSessions\Internal\Json;
use RestSessions\Internal\Transport;

final class ClientTest extends TestCase
{
    /** @return array<string, array{string}> */
    public function stores(): array
    {
        return Servers::stores();
    }

    /** @dataProvider stores */
    public function testTheLifeOfASession(string $url): void
    {
        $client = new Client($url, 'php-client');
        ['token' => $token, 'session' => $made] = $client->create(['data' => ['cart' => []], 'userAgent' => 'a browser']);
        self::assertSame([null, 'a browser', 'php-client', 1], [$made->subject, $made->userAgent, $made->app, $made->version]);
        self::assertSame(['cart' => [], 'n' => 1.0], $client->patch($token, ['n' => 1.0])->data);
        ['token' => $new, 'session' => $session] = $client->rotate($token, ['subject' => 'ann/ä', 'data' => ['seen' => true]]);
        self::assertSame('ann/ä', $session->subject);
        self::assertSame($session->id, $client->get($new, true)->id);
        self::assertSame($session->id, $client->getById($session->id)->id);
        self::assertSame([$session->id, null], array_map(static fn ($of) => $of?->id, $client->verify([$new, $token])));
        self::assertSame([1, null], [count($client->list('ann/ä')['sessions']), $client->list(null, ['limit' => 10])['cursor']]);
        self::assertSame(60, $client->touch($new, 60)->idleTimeout);
        self::assertSame([], $client->replaceData($new, [])->data);
        self::assertSame([true, false], [$client->revoke($new), $client->revoke($new)]);
        self::assertSame([false, 0], [$client->revokeById($session->id), $client->revokeSubject('ann/ä')]);
        $this->assertFails(SessionNotFound::class, 'session_not_found', fn () => $client->get($new));
    }

    public function testWhatIsWrongIsSaid(): void
    {
        $url = (string) Servers::env('EMBEDDED');
        $this->assertFails(Configuration::class, 'wrong_url', fn () => new Client('127.0.0.1:3000', 'shop'));
        $this->assertFails(Configuration::class, 'wrong_url', fn () => new Client('http://key@127.0.0.1:3000', 'shop'));
        $this->assertFails(Configuration::class, 'wrong_app', fn () => new Client($url, 'a/b'));
        $this->assertFails(Configuration::class, 'wrong_key', fn () => new Client($url, 'shop', "a\r\nb"));
        $this->assertFails(Configuration::class, 'wrong_timeout', fn () => new Client($url, 'shop', '', 0));
        $client = new Client($url, 'php-wrong');
        $this->assertFails(SessionNotFound::class, 'session_not_found', fn () => $client->get("a\r\nb"));
        $this->assertFails(RestSessionsException::class, 'invalid_request', fn () => $client->revokeSubject('..'));
        $this->assertFails(RestSessionsException::class, 'invalid_request', fn () => $client->create(['data' => ['a' => NAN]]));
        $failure = $this->assertFails(RestSessionsException::class, 'invalid_request', fn () => $client->create(['idleTimeout' => 'x']));
        self::assertSame([400, '/idleTimeout', false], [$failure->status, $failure->faults[0]['pointer'], $failure->retryable]);
        // Something else that answers there is no session server, and logs nobody out.
        $this->assertFails(Configuration::class, 'not_rest_sessions', fn () => (new Client("$url/other", 'shop'))->get('some-token'));
    }

    public function testWhatTheServerSaysOfRetries(): void
    {
        $url = (string) Servers::env('CONTRACT');
        $play = static function (string $name) use ($url): array {
            $http = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => json_encode(['vector' => $name])];
            $of = json_decode((string) file_get_contents("$url/contract/plays", false, stream_context_create(['http' => $http])), true);

            return [new Client($url, $of['app']), $of['pages'][0]['cookie']];
        };
        [$client, $token] = $play('too-many-requests');
        $failure = $this->assertFails(RestSessionsException::class, 'rate_limited', fn () => $client->get($token, true));
        self::assertSame([429, true, 60], [$failure->status, $failure->retryable, $failure->retryAfter]);
        [$client, $token] = $play('store-away');
        $failure = $this->assertFails(RestSessionsException::class, 'store_unavailable', fn () => $client->get($token, true));
        self::assertSame([503, true, 1], [$failure->status, $failure->retryable, $failure->retryAfter]);
        // The play does not know this token, and says 500 in plain text: as a proxy would.
        $failure = $this->assertFails(ServerLost::class, 'unreachable', fn () => $client->patch('some-token', ['a' => 1]));
        self::assertSame([500, false], [$failure->status, $failure->retryable]);
        [$client, $token] = $play('read-without-an-answer');
        $failure = $this->assertFails(Timeout::class, 'timeout', fn () => $client->get($token, true));
        self::assertSame([0, true], [$failure->status, $failure->retryable]);
        [$client, $token] = $play('wrong-key');
        $this->assertFails(Configuration::class, 'wrong_key', fn () => $client->get($token, true));
    }

    public function testAServerThatIsAwayIsToldSoon(): void
    {
        $began = hrtime(true);
        $failure = $this->assertFails(ServerLost::class, 'unreachable', fn () => (new Client('http://127.0.0.1:9', 'shop'))->get('some-token'));
        self::assertSame([0, true, null], [$failure->status, $failure->retryable, $failure->retryAfter]);
        self::assertLessThan(3e9, hrtime(true) - $began);
    }

    public function testAForkHasConnectionsOfItsOwn(): void
    {
        $client = new Client((string) Servers::env('EMBEDDED'), 'php-fork');
        $token = $client->create()['token'];
        $child = pcntl_fork();
        if ($child === 0) {
            $left = new \ReflectionProperty(Transport::class, 'inherited');
            $isThere = $client->get($token)->app === 'php-fork' && count($left->getValue()) > 0;
            // Without what PHPUnit does at the end of a process.
            posix_kill((int) getmypid(), $isThere ? SIGTERM : SIGKILL);
        }
        self::assertSame('php-fork', $client->get($token)->app);
        pcntl_waitpid($child, $status);
        self::assertSame(SIGTERM, pcntl_wtermsig($status));
        self::assertSame('php-fork', $client->get($token)->app);
    }

    public function testTextsThatPhpCannotHold(): void
    {
        self::assertSame(['a' => "\u{fffd}x\u{1f600}\\ud800"], (array) Json::decode('{"a":"\ud800x\ud83d\ude00\\\\ud800"}'));
        self::assertSame(["\0a" => 1], Json::members(Json::decode('{"\u0000a":1}')));
    }

    /** @param class-string $class */
    private function assertFails(string $class, string $code, \Closure $call): RestSessionsException
    {
        try {
            $call();
        } catch (RestSessionsException $failure) {
            self::assertInstanceOf($class, $failure);
            self::assertSame($code, $failure->getCode());
            self::assertStringContainsString($code, $failure->getMessage());

            return $failure;
        }
        self::fail("nothing was thrown, and $code should be");
    }
}
