<?php

declare(strict_types=1);

namespace RestSessions\Laravel;

use Illuminate\Session\ExistenceAwareInterface;
use RestSessions\SessionHandler;

/**
 * SessionHandler for the session store of Laravel, which makes its tokens itself (40 letters and digits) and says when one is new.
 */
final class RestSessionHandler extends SessionHandler implements ExistenceAwareInterface
{
    /**
     * @param bool $value whether the session that is written next is on the server
     * @return $this
     */
    public function setExists($value): static
    {
        if (!$value) {
            $this->beginsNew();
        }

        return $this;
    }
}
