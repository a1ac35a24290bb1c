"""Correct ways to write the training loop that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

LM = "def train_lm(run: Run) -> Outcome:\n"

VARIANTS = {
    "trainer.train_lm": [
        Variant("a for loop over the steps that are left", whole(LM + """    config = run.config
    with run.sitting():
        if run.step == 0:
            run.measure(learning_rate_at(run.step, config))
        for step in range(run.step, config.max_iters):
            if should_stop_early(run.val_losses, config.patience) or run.must_stop():
                break
            rate = learning_rate_at(step, config)
            batches = []
            for _ in range(config.accumulate):
                batches.append(run.next_batch())
            loss = train_step(run.model, run.optimizer, batches, rate, grad_clip=config.grad_clip)
            run.tick(loss=loss)
            last = step + 1 == config.max_iters
            if last or (step + 1) % config.eval_interval == 0:
                record = run.measure(learning_rate=rate)
                run.save(record=record)
        if run.step != run.saved_step:
            run.save(None)
    outcome = run.outcome()
    return outcome
""")),
        Variant("an endless loop with one way out", whole(LM + """    c = run.config
    with run.sitting():
        if not run.step:
            run.measure(learning_rate_at(0, c))
        while True:
            over = run.step >= c.max_iters
            if over or run.must_stop() or should_stop_early(run.val_losses, c.patience):
                if run.saved_step is None or run.saved_step != run.step:
                    run.save()
                break
            rate = learning_rate_at(run.step, c)
            run.tick(train_step(run.model, run.optimizer, [run.next_batch() for _ in range(c.accumulate)], rate, c.grad_clip))
            if run.step == c.max_iters or not run.step % c.eval_interval:
                run.save(run.measure(rate))
    return run.outcome()
""")),
        Variant("an early return for a finished run, and own counting", whole(LM + """    config = run.config
    if run.step >= config.max_iters and run.saved_step == run.step:
        return run.outcome()
    with run.sitting():
        step, saved = run.step, run.saved_step
        if step == 0:
            run.measure(learning_rate_at(0, config))
        while step < config.max_iters and not (run.must_stop() or should_stop_early(run.val_losses, config.patience)):
            rate = learning_rate_at(step, config)
            loss = train_step(
                model=run.model,
                optimizer=run.optimizer,
                batches=tuple(run.next_batch() for _ in range(config.accumulate)),
                learning_rate=rate,
                grad_clip=config.grad_clip,
            )
            run.tick(loss)
            step += 1
            if step in range(0, config.max_iters, config.eval_interval) or step == config.max_iters:
                run.save(run.measure(rate))
                saved = step
        if saved != step:
            run.save()
    return run.outcome()
""")),
        Variant("inner functions, and measuring at the top of the loop", whole(LM + """    config = run.config

    def going():
        return run.step < config.max_iters and not run.must_stop() and not should_stop_early(run.val_losses, config.patience)

    def one_step(rate):
        pairs = [run.next_batch() for _ in range(config.accumulate)]
        run.tick(train_step(run.model, run.optimizer, pairs, rate, config.grad_clip))

    def due():
        return run.step == config.max_iters or run.step % config.eval_interval == 0

    with run.sitting():
        if run.step == 0:
            run.measure(learning_rate_at(0, config))
        while going():
            rate = learning_rate_at(run.step, config)
            one_step(rate)
            if due():
                run.save(run.measure(rate))
        if run.step != run.saved_step:
            run.save()
    return run.outcome()
""")),
        Variant("a generator of steps, and an exit stack for the sitting", whole(LM + """    import contextlib

    config = run.config

    def steps():
        while run.step < config.max_iters:
            if run.must_stop():
                return
            if config.patience and should_stop_early(run.val_losses, config.patience):
                return
            yield learning_rate_at(run.step, config)

    with contextlib.ExitStack() as stack:
        stack.enter_context(run.sitting())
        if run.step == 0:
            run.measure(learning_rate_at(0, config))
        for rate in steps():
            batches = [run.next_batch() for _ in range(config.accumulate)]
            loss = train_step(run.model, run.optimizer, batches, rate, config.grad_clip)
            run.tick(loss)
            if run.step % config.eval_interval != 0 and run.step != config.max_iters:
                continue
            run.save(run.measure(rate))
        if run.saved_step == run.step:
            pass
        else:
            run.save()
    return run.outcome()
""")),
        Variant("from one measurement to the next, in stretches", whole(LM + """    config = run.config
    stopped = False
    with run.sitting():
        if run.step == 0:
            run.measure(learning_rate_at(0, config))
        while run.step < config.max_iters and not stopped:
            end = min(config.max_iters, (run.step // config.eval_interval + 1) * config.eval_interval)
            while run.step < end:
                stopped = run.must_stop() or should_stop_early(run.val_losses, config.patience)
                if stopped:
                    break
                rate = learning_rate_at(run.step, config)
                run.tick(
                    train_step(
                        run.model, run.optimizer, [run.next_batch() for _ in range(config.accumulate)], rate, config.grad_clip
                    )
                )
            else:
                run.save(run.measure(rate))
        if run.saved_step != run.step:
            run.save()
    return run.outcome()
""")),
        Variant("an early stop decided after each measurement and before the first step, the loop's else", whole(LM + """    config = run.config
    with run.sitting():
        if run.step == 0:
            run.measure(learning_rate_at(0, config))
        enough = should_stop_early(run.val_losses, config.patience)
        while run.step < config.max_iters and not enough and not run.must_stop():
            rate = learning_rate_at(run.step, config)
            batches = [run.next_batch() for _ in range(config.accumulate)]
            run.tick(train_step(run.model, run.optimizer, batches, rate, config.grad_clip))
            if run.step % config.eval_interval == 0 or run.step >= config.max_iters:
                record = run.measure(rate)
                run.save(record)
                enough = should_stop_early(run.val_losses, config.patience)
        if run.saved_step != run.step:
            run.save()
    return run.outcome()
""")),
    ],
}  # fmt: skip
