"""Deployment to AWS Elastic Beanstalk, blue/green: what is wanted, what there is, a plan, and its execution.

    pym-config.yaml ─► resources ─┐
                                  ├─► plan (pure, frozen, hashable) ─► execute ─► journal
    AWS ────────────► observe ────┘                                       └─► waiting, lock, secrets, registry

resources.py    what the configuration asks for, checked without AWS
quotas.py       what the account allows at most
options.py      the options of an environment, every one of them with its value
hooks.py        how hosts log in to a registry
bundle.py       the source bundle, the same bytes for the same image
permissions.py  each API call there is, and what IAM has to allow for it
prices.py       a price list with its date
aws.py          the one place that speaks to AWS
exit_codes.py   what a deployment ends with
refusals.py     what AWS says no to, and what mends it
observe.py      what there is: questions only
missing.py      what has to be there, and is not
dns.py          the name that callers know, in Route 53
steps.py        plans and their steps, as values
order.py        what is asked of one deployment
calls.py        the calls that steps make
parts.py        what plans have in common
beforehand.py   steps before anything that is live is touched
due.py          what nobody needs any more
plan.py         what has to be done: a pure function
canary.py       an update of what is live, likewise
rollback.py     the way back, likewise
run.py          a deployment under way: calls that are journalled, and made once
deeds.py        each kind of step; some have rooms of their own:
swapping.py     the swap, and who has the live address
in_place.py     the update of what is live, and its taking back
guard.py        alarms, and the watch over what has just gone live
ending.py       environments that end
execute.py      a plan carried out, and the ways back
journal.py      what was done, on the disk before anybody acts on it
mirror.py       copies of journals in the bucket
resuming.py     a deployment that goes on, here or elsewhere
lock.py         one deployment at a time
waiting.py      events, health, deadlines
registry.py     where images are pushed to
workshop.py     tests and images, on this machine
progress.py     what is said meanwhile
deployment.py   all of that together
operating.py    what is running, what has been, and what it says
printed.py      what services print
last_words.py   what an environment says before it is ended
rehearse.py     all of it without AWS
setup.py        what an account has to have once

It is imported when it is asked for (the extra `aws`), never by a service.
"""
