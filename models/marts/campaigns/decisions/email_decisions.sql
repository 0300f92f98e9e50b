with
    facts as (select * from {{ ref('email_facts') }}),

    objections as (select * from {{ ref('email_objections') }}),

    evidence as (select * from {{ ref('email_evidence') }}),

    ranks as (select * from {{ ref('email_ranks') }}),

    decision_reasons as (select * from {{ ref('decision_reasons') }}),

    -- What is no advertising goes out beside everything else.
    reasoned as (
        select
            facts.*,
            coalesce(objections.objection, ranks.reason, 'due') as reason,
            coalesce(evidence.evidence, ranks.evidence, 'nothing speaks against it') as evidence
        from facts
        inner join objections on facts.message_id = objections.message_id
        left join evidence on objections.message_id = evidence.message_id
        left join ranks on objections.message_id = ranks.message_id
    )

select
    reasoned.message_id,
    reasoned.customer_id,
    reasoned.email,
    reasoned.campaign,
    reasoned.occasion,
    reasoned.experiment,
    reasoned.variant,
    decision_reasons.decision,
    reasoned.reason,
    reasoned.evidence,
    case
        when reasoned.reason = 'quiet_hours'
        then coalesce(reasoned.quiet_until, reasoned.send_after)
        else reasoned.send_after
    end as send_after,
    reasoned.expires_at,
    {{ as_of() }} as evaluated_at
from reasoned
left join decision_reasons on reasoned.reason = decision_reasons.reason
