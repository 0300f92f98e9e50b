with
    campaigns as (select * from {{ ref('campaigns') }}),

    campaign_variants as (select * from {{ ref('campaign_variants') }}),

    -- Each campaign with variants or a holdout, and that of all campaigns together.
    drawn_for as (
        select
            campaign,
            coalesce(experiment, campaign) as experiment,
            template,
            -- Nobody is kept from a letter that is no advertising.
            case when kind = 'marketing' then coalesce(holdout_share, 0) else 0 end as holdout_share
        from campaigns
        where experiment is not null or (kind = 'marketing' and holdout_share > 0)

        union all

        select
            'all_campaigns' as campaign,
            'all_campaigns' as experiment,
            cast(null as {{ dbt.type_string() }}) as template,
            cast({{ var('global_holdout_share') }} as double) as holdout_share
        from (select 1 as one) as one_row
        where {{ var('global_holdout_share') }} > 0
    ),

    arms as (
        select
            campaign,
            experiment,
            'holdout' as arm,
            cast(null as {{ dbt.type_string() }}) as factors,
            cast(null as {{ dbt.type_string() }}) as template,
            holdout_share as share,
            cast(null as double) as weight_to,
            cast(null as double) as weight
        from drawn_for
        where holdout_share > 0

        union all

        select
            drawn_for.campaign,
            drawn_for.experiment,
            coalesce(campaign_variants.variant, 'default') as arm,
            campaign_variants.factors,
            coalesce(campaign_variants.template, drawn_for.template) as template,
            (1 - drawn_for.holdout_share) * coalesce(campaign_variants.weight, 1) as share,
            sum(coalesce(campaign_variants.weight, 1)) over (
                partition by drawn_for.campaign
                order by campaign_variants.variant
                rows between unbounded preceding and current row
            ) as weight_to,
            coalesce(campaign_variants.weight, 1) as weight
        from drawn_for
        left join campaign_variants on drawn_for.experiment = campaign_variants.experiment
    )

select
    campaign,
    experiment,
    arm,
    arm = 'holdout' as is_holdout,
    factors,
    template,
    share,
    -- Draws from `from` to below `to`; weights of tenths do not add up to 1 exactly.
    case when abs(weight_to - weight) < 0.000001 then 0 else weight_to - weight end as draws_from,
    case when abs(weight_to - 1) < 0.000001 then 1 else weight_to end as draws_to
from arms
