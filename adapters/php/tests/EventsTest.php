<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Event;
use RestSessions\Exception\RestSessionsException;
use RestSessions\Exception\ServerLost;
use RestSessions\Resync;

/**
 * How events are read: the vectors of adapters/contract, and what they cannot say.
 */
final class EventsTest extends TestCase
{
    /** @return iterable<string, array{string}> */
    public function streams(): iterable
    {
        foreach (Contract::ask('/contract/events')->streams as $vector) {
            yield $vector->name => [$vector->name];
        }
    }

    /** @return iterable<string, array{string}> */
    public function pages(): iterable
    {
        foreach (Contract::ask('/contract/events')->pages as $vector) {
            yield $vector->name => [$vector->name];
        }
    }

    /** @dataProvider streams */
    public function testStream(string $name): void
    {
        [$client, $play] = Contract::play($name);
        $told = [];
        $code = null;
        try {
            foreach ($client->events(...(array) $play->asks) as $item) {
                $told[] = self::wire($item);
                if (count($told) === count($play->told) && !isset($play->error)) {
                    break;
                }
            }
        } catch (RestSessionsException $failure) {
            $code = $failure->getCode();
        }
        self::assertEquals([$play->told, $play->error ?? null], [$told, $code], $play->title);
        self::assertSame([], Contract::faults($play));
    }

    /** @dataProvider pages */
    public function testPage(string $name): void
    {
        [$client, $play] = Contract::play($name);
        try {
            $page = $client->eventPage(...(array) $play->asks);
            $given = (object) ['events' => array_column($page->events, 'told'), 'next' => $page->next, 'more' => $page->more, 'resync' => $page->resync];
        } catch (RestSessionsException $failure) {
            $given = $failure->getCode();
        }
        self::assertEquals($play->error ?? $play->gives, $given, $play->title);
        self::assertSame([], Contract::faults($play));
    }

    public function testAHandlerOfSignalsEndsAStreamThatWaits(): void
    {
        [$client, $play] = Contract::play('two-events');
        $stream = $client->events();
        $wasAsync = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, $stream->stop(...));
        $told = 0;
        foreach ($stream as $event) {
            $told++;
            $event->count() === 3 && pcntl_alarm(1);
        }
        pcntl_signal(SIGALRM, SIG_DFL);
        pcntl_async_signals($wasAsync);
        self::assertSame([3, 'p3', 0], [$told, $stream->position(), Contract::open($play)]);
    }

    public function testALoopThatIsLeftClosesTheConnection(): void
    {
        [$client, $play] = Contract::play('two-events');
        $stream = $client->events();
        foreach ($stream as $event) {
            if ($event->count() === 2) {
                break;
            }
        }
        // The event that the loop was not done with is told again by a stream from here.
        self::assertSame(['p1', 0], [$stream->position(), Contract::open($play)]);
    }

    public function testAStreamThatWasStoppedTellsNothing(): void
    {
        [$client] = Contract::play('two-events');
        $stream = $client->events();
        $stream->stop();
        self::assertSame([], iterator_to_array($stream));
    }

    public function testWhatTheLoopThrowsIsNoFaultOfTheStream(): void
    {
        [$client, $play] = Contract::play('two-events');
        $fault = new ServerLost('unreachable', 'another server', 0, true);
        try {
            foreach ($client->events() as $event) {
                throw $fault;
            }
            self::fail('nothing was thrown');
        } catch (ServerLost $thrown) {
            self::assertSame([$fault, 0], [$thrown, Contract::open($play)]);
        }
    }

    public function testWhyAConnectionEndedIsTold(): void
    {
        [$client, $play] = Contract::play('server-away-for-a-while');
        $retries = [];
        $onRetry = static function (RestSessionsException $failure, float $seconds) use (&$retries): void {
            $retries[] = [$failure->getCode(), $failure->status];
            $failure->status === 429 && self::assertGreaterThanOrEqual(1, $seconds);
        };
        foreach ($client->events(onRetry: $onRetry) as $event) {
            if ($event->position === 'p2') {
                break;
            }
        }
        $wanted = [['unreachable', 0], ['store_unavailable', 503], ['unreachable', 502], ['unreachable', 0], ['too_many_requests', 429]];
        self::assertSame([$wanted, []], [$retries, Contract::faults($play)]);
    }

    public function testWrongArgumentsAreNamed(): void
    {
        [$client] = Contract::play('two-events');
        $this->expectException(RestSessionsException::class);
        $client->events("p1\r\nX: y");
    }

    private static function wire(Event|Resync $item): \stdClass
    {
        return (object) (($item instanceof Resync ? ['resync' => true] : ['event' => $item->told]) + ['position' => $item->position]);
    }
}
