<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;

/**
 * The lines of docs/platforms/php.md about events.
 */
final class PageTest extends TestCase
{
    public function testTheLinesAboutEventsRun(): void
    {
        $client = new Client((string) Servers::env('EMBEDDED'), 'heard');
        $kept = $client->eventPage('end')->next;
        ['token' => $token, 'session' => $session] = $client->create();
        $client->revoke($token);
        $sockets = new class () {
            /** @var list<string> */
            public array $calls = [];

            /** The loop of the page has no end, so it gets one here. */
            public function disconnect(string $session, string $reason): void
            {
                $this->calls[] = "$session $reason";
                throw new \LogicException('the end');
            }
        };
        try {
            eval(self::lines('$client->events('));
        } catch (\LogicException) {
            self::assertSame(["$session->id logout"], $sockets->calls);
        }
    }

    public function testTheLinesAboutWebhooksRun(): void
    {
        $vector = Contract::ask('/contract/webhooks')->cases[0];
        $code = '<?php require ' . var_export(dirname(__DIR__) . '/autoload.php', true) . ';
            $secret = ' . var_export($vector->secrets[0], true) . ';' . self::lines('->verify(') . 'echo count($events);';
        $file = sys_get_temp_dir() . '/rest-sessions-webhook-' . bin2hex(random_bytes(6)) . '.php';
        file_put_contents($file, $code);
        $env = ['PATH' => (string) getenv('PATH')];
        [$process, [, $url]] = Servers::process([PHP_BINARY, '-S', '127.0.0.1:0', $file], $env, '~\((http://127\.0\.0\.1:\d+)\) started~');
        $id = 'msg_1';
        $now = time();
        $hmac = hash_hmac('sha256', "$id.$now.$vector->body", (string) base64_decode(substr($vector->secrets[0], 6), true), true);
        $said = [];
        foreach ([base64_encode($hmac), 'AAAA'] as $signature) {
            $curl = curl_init($url);
            $headers = ["webhook-id: $id", "webhook-timestamp: $now", "webhook-signature: v1,$signature", 'Content-Type: application/json'];
            curl_setopt_array($curl, [CURLOPT_HTTPHEADER => $headers, CURLOPT_POSTFIELDS => $vector->body, CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => '']);
            $said[] = [curl_exec($curl), curl_getinfo($curl, CURLINFO_RESPONSE_CODE)];
        }
        Servers::stop($process);
        unlink($file);
        self::assertSame([['1', 200], ['', 400]], $said);
    }

    /** Gives the block of code that has a text. */
    private static function lines(string $with): string
    {
        preg_match_all('/```php\n(.*?)```/s', (string) file_get_contents(__DIR__ . '/../../../docs/platforms/php.md'), $found);
        foreach ($found[1] as $block) {
            if (str_contains($block, $with)) {
                return $block;
            }
        }
        self::fail("no block has $with");
    }
}
