<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;

/**
 * Plays the vectors of adapters/contract with real pages.
 */
final class ContractTest extends TestCase
{
    /** @return iterable<string, array{string}> */
    public function vectors(): iterable
    {
        foreach (self::ask('/contract/vectors') as ['rule' => $rule, 'name' => $name]) {
            yield "rule $rule: $name" => [$name];
        }
    }

    /** @dataProvider vectors */
    public function testVector(string $name): void
    {
        self::play($name, 'native', 'session_start(); ', self::code(...));
    }

    /** @dataProvider vectors */
    public function testVectorUnderSymfony(string $name): void
    {
        self::play($name, 'symfony', '', self::codeOfSymfony(...));
    }

    private static function play(string $name, string $framework, string $before, callable $code): void
    {
        $play = self::ask('/contract/plays', ['vector' => $name]);
        $browser = new Pages((string) Servers::env('CONTRACT'), $play['app'], [], $framework);
        foreach ($play['pages'] as $page) {
            $browser->token = $page['cookie'] ?? $browser->token;
            $had = $browser->token;
            $answer = $browser->run($before . '$seen = [];' . implode('', array_map($code, $page['does'])) . 'return $seen;');
            $said = json_encode($answer, JSON_UNESCAPED_SLASHES);
            $ends = [200 => 'well', 409 => 'told', 500 => 'error'][$answer->status] ?? 'broken';
            self::assertContains($ends, explode(' or ', $page['ends']), $said);
            if ($ends === 'well') {
                $wanted = array_filter($page['does'], static fn (array $deed): bool => $deed[0] === 'see');
                self::assertEquals(array_column($wanted, 2), $answer->result, $said);
            }
            if ($page['setCookie'] !== 'any') {
                $after = $browser->token;
                $became = $after === $had ? 'none' : ($after === null || $after === '' ? 'cleared' : 'new');
                self::assertContains($became, explode(' or ', $page['setCookie']), $said);
            }
            foreach ($answer->setCookies as $cookie) {
                if (!str_contains($cookie, 'Max-Age=0')) {
                    self::assertMatchesRegularExpression('~^[0-9a-z]{22,48}; path=/; HttpOnly; SameSite=Lax$~i', $cookie);
                }
            }
        }
        self::assertSame([], self::ask("/contract/plays/{$play['app']}")['faults'], $play['title']);
    }

    /** @param array{string, string, mixed, mixed} $deed */
    private static function code(array $deed): string
    {
        [$what, $key, $value, $member] = $deed + ['', '', null, null];
        $key = var_export($key, true);

        return match ($what) {
            'see' => "\$seen[] = \$_SESSION[$key] ?? null;",
            'set' => "\$_SESSION[$key] = " . var_export($value, true) . ';',
            'set-inside' => "\$_SESSION[$key][" . var_export($value, true) . '] = ' . var_export($member, true) . ';',
            'unset' => "unset(\$_SESSION[$key]);",
            'login' => "session_regenerate_id(true); \$_SESSION['_user'] = $key;",
            'logout' => 'session_destroy();',
        };
    }

    /** @param array{string, string, mixed, mixed} $deed */
    private static function codeOfSymfony(array $deed): string
    {
        [$what, $key, $value, $member] = $deed + ['', '', null, null];
        [$key, $value, $member] = array_map(static fn ($of) => var_export($of, true), [$key, $value, $member]);

        return match ($what) {
            'see' => "\$seen[] = \$session->get($key);",
            'set' => "\$session->set($key, $value);",
            'set-inside' => "\$session->set($key, [$value => $member] + \$session->get($key));",
            'unset' => "\$session->remove($key);",
            'login' => "\$session->migrate(true); \$session->set('_user', $key);",
            'logout' => '$session->start(); $session->invalidate();',
        };
    }

    /** @param array<string, mixed>|null $body */
    private static function ask(string $path, ?array $body = null): mixed
    {
        $post = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => json_encode($body)];
        $context = stream_context_create($body === null ? [] : ['http' => $post]);

        return json_decode((string) file_get_contents(Servers::env('CONTRACT') . $path, false, $context), true);
    }
}
