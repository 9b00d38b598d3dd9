<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Exception\Configuration;
use RestSessions\Exception\InvalidWebhook;
use RestSessions\Webhook;

final class WebhookTest extends TestCase
{
    /** @return iterable<string, array{\stdClass}> */
    public function vectors(): iterable
    {
        foreach (Contract::ask('/contract/webhooks')->cases as $vector) {
            yield $vector->name => [$vector];
        }
    }

    /** @dataProvider vectors */
    public function testVector(\stdClass $vector): void
    {
        try {
            $given = array_column($this->verify($vector, (array) $vector->headers), 'told');
        } catch (InvalidWebhook | Configuration $refused) {
            $given = $refused->getCode();
        }
        self::assertEquals($vector->error ?? $vector->events, $given, $vector->title);
    }

    public function testTheHeadersOfAServer(): void
    {
        $vector = $this->vector('one-event');
        $server = ['REQUEST_METHOD' => 'POST', 'argv' => [1], 'REQUEST_TIME' => 1];
        $lists = [];
        foreach ((array) $vector->headers as $name => $value) {
            $server['HTTP_' . strtr(strtoupper($name), '-', '_')] = $value;
            $lists[$name] = [$value];
        }
        [$event] = $this->verify($vector, $server);
        self::assertSame(['session.created', 'shop', 'AAAAAAAAAAAAAAAA', 'user123'], [$event->type, $event->app(), $event->session, $event->subject]);
        self::assertSame([1, null, '2026-09-21T14:13:18.000Z'], [$event->count(), $event->position, $event->time]);
        self::assertCount(1, $this->verify($vector, $lists));
    }

    public function testItIsOfNowUnlessToldOtherwise(): void
    {
        $vector = $this->vector('one-event');
        $webhook = new Webhook($vector->secrets[0], 1 << 40);
        self::assertCount(1, $webhook->verify($vector->body, (array) $vector->headers));
        $this->expectExceptionCodeIs('wrong_timestamp', fn () => (new Webhook($vector->secrets))->verify($vector->body, (array) $vector->headers));
    }

    public function testASecretIsNotInWhatIsPrinted(): void
    {
        $webhook = new Webhook($this->vector('one-event')->secrets);
        self::assertStringNotContainsString('keys', print_r($webhook, true));
        $this->expectExceptionCodeIs('invalid_secret', fn () => new Webhook('secret-of-mine'));
    }

    private function expectExceptionCodeIs(string $code, \Closure $call): void
    {
        try {
            $call();
        } catch (InvalidWebhook | Configuration $refused) {
            self::assertSame($code, $refused->getCode());
            self::assertStringNotContainsString('of-mine', (string) $refused->getMessage());

            return;
        }
        self::fail("nothing was thrown, and $code should be");
    }

    /**
     * @param array<string, mixed> $headers
     * @return list<\RestSessions\Event>
     */
    private function verify(\stdClass $vector, array $headers): array
    {
        return (new Webhook($vector->secrets, Contract::ask('/contract/webhooks')->tolerance))->verify($vector->body, $headers, $vector->now);
    }

    private function vector(string $name): \stdClass
    {
        foreach ($this->vectors() as $of => [$vector]) {
            if ($of === $name) {
                return $vector;
            }
        }
        self::fail("there is no vector $name");
    }
}
