"""Makes dashboard.json: `python3 deploy/grafana/dashboard.py > deploy/grafana/dashboard.json`, with
`pip install 'grafana-foundation-sdk==1769699520!11.4.0'`, Grafana's own builders. 生成监控面板。

The panels follow the alerts of docs/operations.md, in the order in which one asks: is it up, who calls, how fast, why not
faster, what does it say, which model says it.
"""

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode, LegendPlacement, StackingMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh

OURS = 'job="$job", grpc_service=~"speechtag[.].*"'
SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")


def query(expression: str, legend: str = "", instant: bool = False) -> prometheus.Dataquery:
    made = prometheus.Dataquery().expr(expression).legend_format(legend)
    return made.instant() if instant else made


def lines(title: str, about: str, unit: str, *queries: tuple[str, str], stacked: bool = False) -> timeseries.Panel:
    legend = common.VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM)
    panel = timeseries.Panel().title(title).description(about).unit(unit).min(0).span(12).height(8)
    panel = panel.datasource(SOURCE).legend(legend).fill_opacity(10)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(40)
    for id, (expression, name) in zip("ABCDEFGH", queries):
        panel = panel.with_target(query(expression, name).ref_id(id))
    return panel


def number(title: str, about: str, unit: str, expression: str) -> stat.Panel:
    panel = stat.Panel().title(title).description(about).unit(unit).span(4).height(4).datasource(SOURCE)
    last = common.ReduceDataOptions().calcs(["lastNotNull"])
    return panel.color_mode(BigValueColorMode.NONE).reduce_options(last).with_target(query(expression, instant=True).ref_id("A"))


def quantile(share: float, metric: str, by: str, labels: str) -> str:
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"


def rate(by: str, metric: str, labels: str) -> str:
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def main() -> None:
    unary = 'job="$job", grpc_service="speechtag.v1.TaggingService", grpc_type="unary"'
    abstained = 'increase(speechtag_abstentions_total{job="$job"}[1h])'
    tagged = 'increase(speechtag_tags_total{job="$job"}[1h])'
    built = (
        dashboard.Dashboard("speechtag 公文讲话标注")
        .uid("speechtag")
        .tags(["speechtag", "grpc"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(
            dashboard.QueryVariable("job")
            .label("job")
            .query("label_values(speechtag_connections, job)")
            .datasource(SOURCE)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        )
        .with_row(dashboard.Row("Up? 是否可用"))
        .with_panel(number("Replicas up 在线副本", "SpeechtagDown", "none", 'sum(up{job="$job"})'))
        .with_panel(number("With a model 有模型", "SpeechtagNoModel", "none", 'count(count by (instance) (speechtag_model_info{job="$job"}))'))
        .with_panel(number("Calls a second 每秒请求", "", "reqps", f"sum(rate(grpc_server_handled_total{{{OURS}}}[$__rate_interval]))"))
        .with_panel(number("Documents a second 每秒文档", "", "none", 'sum(rate(speechtag_documents_total{job="$job", result="ok"}[$__rate_interval]))'))
        .with_panel(number("Shed in an hour 一小时内过载拒绝", "SpeechtagShedding", "none", 'sum(increase(speechtag_shed_total{job="$job"}[1h]))'))
        .with_panel(number("Last loads that failed 上次加载失败", "SpeechtagReloadFailed, SpeechtagSecretsFailed", "none",
            'count(speechtag_last_load_ok{job="$job"} == 0) or vector(0)'))
        .with_row(dashboard.Row("Calls 请求"))
        .with_panel(lines("Calls by method 各方法请求", "grpc_server_started_total", "reqps", (rate("grpc_method", "grpc_server_started_total", OURS), "{{grpc_method}}")))
        .with_panel(lines("Calls that failed, by status 失败状态", "SpeechtagLate, SpeechtagDefect, SpeechtagRefused", "reqps",
            (rate("grpc_code", "grpc_server_handled_total", OURS + ', grpc_code!="OK"'), "{{grpc_code}}")))
        .with_panel(lines("Time of unary calls 响应时间", "SpeechtagSlow: 99 % above 1 s", "s",
            *((quantile(share, "grpc_server_handling_seconds", "grpc_method", unary), f"{{{{grpc_method}}}} {share:.0%}") for share in (0.5, 0.99))))
        .with_panel(lines("Refused for overload 过载拒绝", "SpeechtagShedding", "reqps", (rate("reason", "speechtag_shed_total", 'job="$job"'), "{{reason}}")))
        .with_panel(lines("Messages of streams 流消息", "grpc_server_msg_received_total, _sent_total", "none",
            (rate("grpc_method", "grpc_server_msg_received_total", OURS + ', grpc_type="bidi_stream"'), "{{grpc_method}} received"),
            (rate("grpc_method", "grpc_server_msg_sent_total", OURS + ', grpc_type="bidi_stream"'), "{{grpc_method}} sent")))
        .with_panel(lines("Connections 连接", "SpeechtagFullHouse", "none", ('speechtag_connections{job="$job"}', "{{instance}}")))
        .with_row(dashboard.Row("Work 处理"))
        .with_panel(lines("Time of each stage, 99 % 各阶段耗时", "queue high: load; analyze high: long texts", "s",
            (quantile(0.99, "speechtag_stage_seconds", "stage", 'job="$job"'), "{{stage}}")))
        .with_panel(lines("Documents 文档", "by result", "none", (rate("result", "speechtag_documents_total", 'job="$job"'), "{{result}}"), stacked=True))
        .with_row(dashboard.Row("Answers 标注结果"))
        .with_panel(lines("Abstentions, share of an hour 弃权比例", "SpeechtagAbstaining: twice last week's", "percentunit",
            (f"sum by (axis) ({abstained}) / (sum by (axis) ({abstained}) + sum by (axis) ({tagged}))", "{{axis}}")))
        .with_panel(lines("Labels in an hour 标签", "all axes", "none", (f"sum by (axis, label) ({tagged}) > 0", "{{axis}}: {{label}}"), stacked=True))
        .with_row(dashboard.Row("Models 模型"))
        .with_panel(
            table.Panel().title("In service 在用模型").description("speechtag_model_info").span(12).height(8).datasource(SOURCE)
            .with_target(query('count by (name, version, alias, sha256) (speechtag_model_info{job="$job"})', instant=True).ref_id("A").format("table"))
        )
        .with_panel(lines("Age of the models' last load 距上次加载", "speechtag_model_loaded_timestamp_seconds", "s",
            ('time() - speechtag_model_loaded_timestamp_seconds{job="$job"}', "{{instance}}")))
        .build()
    )
    for id, panel in enumerate(built.panels or [], start=1):
        panel.id_val = id
    print(JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(built))


if __name__ == "__main__":
    main()
