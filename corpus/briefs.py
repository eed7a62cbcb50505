#!/usr/bin/env python3
"""Prints the briefs of the corpus: one per text, crossed from the tables below with a fixed seed."""
import csv, random, sys
R = random.Random(20261121)

TOPICS = {
 "office_administration": ["公文处理与会议管理","督查督办","政务信息报送","值班与保密","机关后勤与公车","文稿起草与调查研究","建议提案办理","政务公开与热线办理","档案与机要","接待与会务"],
 "party_building": ["基层党支部标准化","主题教育","干部选拔任用","党员教育管理","意识形态工作","两学一做/三严三实/先进性教育","非公党建","统一战线","工会共青团妇联工作","青年干部培养"],
 "clean_governance": ["党风廉政责任制","中央八项规定精神","纠正四风","警示教育","纪检监察","行风评议","会风文风","巡视巡察整改","惩防体系","优化机关作风"],
 "economy": ["经济运行调度","招商引资","工业园区","财政税收","金融信贷","项目建设","民营经济","营商环境","国企改革","外贸与消费"],
 "agriculture_rural": ["脱贫攻坚","乡村振兴","粮食生产","农田水利","特色种养","农村改革土地承包","农村合作社","农村综合服务","防返贫","农业机械与春耕"],
 "urban_transport": ["棚户区改造","城市规划建设","公路建设","公共交通","住房保障","城市管理","铁路机场港口","供水供气供热","老旧小区改造","征地拆迁"],
 "ecology_environment": ["环保督察整改","大气污染防治","河长制","植树造林","节能减排","垃圾分类","污水处理","自然保护区","碳达峰","矿山修复"],
 "education": ["义务教育均衡","师德师风","职业教育","高考中考备考","学前教育","教育质量","学校安全以外的管理","教师队伍","高校学科建设","双减"],
 "health": ["疫情防控","医院管理","公立医院改革","基层卫生","妇幼保健","计划生育","中医药","爱国卫生","医德医风","医保与公共卫生"],
 "safety_emergency": ["安全生产","消防安全","防汛抗旱","食品药品安全","煤矿安全","森林防火","应急管理","道路交通安全","危化品整治","地震与地质灾害"],
 "law_order": ["社会治安综合治理","信访维稳","平安建设","法院工作","检察工作","公安工作","司法行政与普法","扫黑除恶","依法行政","矛盾纠纷调解"],
 "livelihood": ["就业创业","社会保险","低保救助","养老服务","残疾人事业","双拥优抚","慈善","儿童与未成年人保护","农民工工资","民生实事"],
 "culture_tourism": ["旅游开发","文化惠民","宣传思想文化","全民健身与运动会","文明城市创建","非遗保护","图书馆博物馆","新闻出版广播电视","文艺创作","节庆活动"],
 "science_digital": ["科技创新","人才引进","数字政府","信息化建设","人工智能","大数据","知识产权","科普","智慧城市","网络安全"],
 "diplomacy_opening": ["双边关系","一带一路","友好城市","国际组织合作","港澳合作","台湾同胞交流","侨务","多边峰会","自由贸易试验区开放","气候或卫生国际合作"],
 "general": ["全面工作","经济社会发展全局","全会精神贯彻","五年规划","年度任务总安排","区域发展战略","班子建设与全局","改革开放总体"],
}
LEVELS = ["national","provincial","municipal","county","township","institution"]
ROLES = {
 "national": ["国务院部委负责人","国家局负责人","国家领导人(不写姓名)","全国性机关(集体名义)","全国人大/政协机构负责人","驻外代表团团长","中央纪检/组织系统负责人"],
 "provincial": ["省委主要领导","省政府分管领导","省厅厅长","省直机关(集体名义)","自治区领导","直辖市领导","省高院/检察院负责人","省厅处室负责人"],
 "municipal": ["市委书记","市长","分管副市长","市局局长","市直机关(集体名义)","市政府秘书长","自治州州长","市纪委书记","开发区管委会主任(地级市)"],
 "county": ["县委书记","县长","分管副县长","县局局长","县直单位(集体名义)","区委领导(市辖区)","县级市市长","旗长","县政府办主任","区局(集体名义)","区委办主任"],
 "township": ["镇党委书记","镇长","乡长","街道办事处主任","社区书记","村支部书记","乡镇站所(集体名义)","街道党工委(集体名义)","驻村第一书记"],
 "institution": ["国有企业","民营企业","高中","小学","幼儿园","高校","职业学院","三级医院","卫生院","商业银行","行业协会","研究院所","供电或通信公司","慈善或社会组织","公交或水务公司","学会","设计院或工程局","保险证券公司"],
}
OCC = {
 "annual_work_summary": ["年度工作总结及明年打算(书面)","上半年工作总结及下半年安排","一季度/三季度工作总结","三年或五年工作总结","专项工作总结(单项任务)","年终总结会上宣读的总结","向上级检查组的工作汇报","职代会/教代会/理事会工作报告","纪委/工会/团委全会工作报告","学期或学年总结","活动月/整治行动总结","整改落实情况报告"],
 "conference_speech": ["动员大会","工作部署会","推进会","调度会","总结表彰大会(以部署为主)","现场会","电视电话会议","办公室主任会议","全会或常委扩大会","座谈会(领导作指示)","警示教育大会","培训班开班式","任前集体谈话","会议主持词(含贯彻要求)","调研检查时的讲话","全体职工大会","联席会/领导小组会议","专题民主生活会点评","换届工作会","集中整治誓师会"],
 "forum_address": ["论坛主旨演讲","研讨会交流发言","座谈会发言(与会者)","协会年会发言","青年干部论坛","沙龙漫谈","经验交流会交流发言","圆桌对话发言","学术年会报告","产业峰会演讲","读书班心得交流","毗邻地区联席会发言","政协大会发言","国际论坛发言","校长/院长论坛","企业家座谈会发言","学员论坛","民主恳谈会建言"],
 "government_work_report": ["年度政府工作报告","届末五年回顾","换届后首次报告","中期节选:上年成绩","节选:今年任务","节选:政府自身建设"],
 "debriefing_report": ["年度述职述廉","述职述德述廉","书记抓党建述职","任期述职","中层干部述职","民主评议会述职","人大评议述职","法治建设第一责任人述职","试用期满述职","意识形态责任制述职","分管工作述职","竞聘后一年述职"],
 "ceremonial_address": ["开幕式致辞","签约仪式","揭牌仪式","开工奠基","竣工通车典礼","招待会祝酒词","春节团拜会","新年贺词","贺信","贺电","校庆","毕业典礼","开学典礼","欢迎宴会","友城来访","运动会开幕","颁奖典礼","闭幕词","启动仪式","慰问信","成立大会","纪念日活动","捐赠仪式","职工婚礼/集体婚礼/生日会证婚词","论坛开幕问候(无论点)"],
 "official_notice": ["部署工作的通知","会议通知","表彰通报","批评通报","实施意见","实施方案","函","请示","上行报告","批复","公告/通告","会议纪要(编号)","印发办法的通知","任免通知","放假或值班通知","申报材料通知"],
 "news_report": ["会议消息(会议强调)","领导调研消息","本报讯动态","工作简报(编号)","政务信息专报","综述","人物通讯","一句话新闻汇编","招商签约消息","外事消息","民生新闻","灾害事故消息","网站要闻","电视新闻稿","国际新闻","企业新闻","校园新闻","先是新闻导语后引讲话","体育赛事报道","经济数据报道"],
 "other": ["小说:会场里领导讲了一整段话","小说叙事","报纸评论员文章","理论文章","学术论文段落","散文随笔","访谈问答","逐字会议记录","条例或管理办法条文","网站导航页(列出许多讲话标题)","论坛帖子闲聊","菜谱","产品说明书","代码与技术文档","英文文章","写作指南(怎样写讲话稿)","范文网目录和下载页","心得体会","书评影评","百科词条","商品广告","合同","试题与答案","诗词赏析","招聘启事","股评","检讨书","倡议书","用户评论","历史故事","日文或韩文或其他语言","歌词或剧本","家书","游记","法院判决书","聊天记录","党员入党申请书","民间故事","科普文章","经济评论"],
}
AUD = {"annual_work_summary":["上级机关","本单位干部职工","代表大会代表","检查组"],
 "conference_speech":["下级党政负责人","系统干部","机关全体人员","企业负责人","乡村干部","年轻干部","党员代表"],
 "forum_address":["同行专家","兄弟地区同仁","企业家","青年干部","学者","外宾","领导与委员"],
 "government_work_report":["人大代表与列席人员"],
 "debriefing_report":["上级考核组","本单位职工","人大常委会","党委全会"],
 "ceremonial_address":["来宾","师生","职工","外宾","市民","运动员","家属"],
 "official_notice":["下级政府与部门","上级机关","平级单位","社会公众"],
 "news_report":["读者"],"other":["读者"]}
VOICE = ["平铺直叙,多列数字","条目化,一是二是三是","口语化,少套话","套话多,排比多","简短干脆","谨慎拘谨","有几句比喻其余平实","旧式公文腔","列举单位与人名(虚构)","问题导向,多讲不足","引用上级文件精神","务实,讲办法和时限"]
ERA = ["1990s","2000s","2010s","2020s"]
NAMING = ["虚构地名","掩码(XX/xx/**/某/×)","只用我市我县本院等自称","虚构地名与自称混用"]
TWIST = {
 "annual_work_summary":["开头称同志们,在会上宣读,主体仍是本单位回顾与打算","标题写成发言或讲话","几乎没有套语,只有逐项数据","末尾请审议","汇报体:各位领导,现将情况汇报如下"],
 "conference_speech":["标题写成发言","先肯定成绩较多,但主体是布置任务","没有称呼,直接进入","以主持人身份","语气像谈心但句句是要求"],
 "forum_address":["开头称同志们或各位领导","标题写成讲话","讲本地做法和体会,末尾提建议","有几句号召,但主体是观点","通篇谈个人学习体会"],
 "government_work_report":["没有各位代表称呼的中段","乡镇人代会","年份用数字掩码"],
 "debriefing_report":["几乎不用本人二字,用我","像工作总结但是个人","基层普通岗位"],
 "ceremonial_address":["夹一段对事业意义的看法","以来宾身份致辞","只有两三句祝愿"],
 "official_notice":["无标题无文号,只剩正文","议程里提到领导讲话和交流发言","内容像工作部署讲话但是公文"],
 "news_report":["大段引用讲话要点","没有电头","标题像讲话"],
 "other":["文中引用领导原话","标题里有讲话二字","全是碎片短句"],
}
FORM = ["whole"]*6+["opening"]*2+["middle"]*2+["closing"]*1
LEN = [(200,330)]*24+[(330,560)]*32+[(560,880)]*26+[(880,1450)]*18
N = {"annual_work_summary":390,"conference_speech":430,"forum_address":330,"government_work_report":180,"debriefing_report":210,"ceremonial_address":280,"official_notice":190,"news_report":260,"other":300}
LW = {
 "annual_work_summary":[5,12,17,27,17,22],"conference_speech":[9,15,22,27,12,15],"forum_address":[14,15,19,19,6,27],
 "government_work_report":[10,20,22,30,18,0],"debriefing_report":[1,8,16,28,22,25],"ceremonial_address":[15,14,20,18,8,25],
 "official_notice":[8,18,22,27,10,15]}
def spread(items, weights, n):
    tot=sum(weights); out=[]
    for it,w in zip(items,weights): out += [it]*round(n*w/tot)
    while len(out)<n: out.append(items[R.randrange(len(items))])
    R.shuffle(out); return out[:n]
def cyc(items,n):
    out=[]
    while len(out)<n:
        c=list(items); R.shuffle(c); out+=c
    return out[:n]
NULL_TOPIC_OTHER={"小说叙事","散文随笔","论坛帖子闲聊","菜谱","产品说明书","代码与技术文档","英文文章","写作指南(怎样写讲话稿)","范文网目录和下载页","书评影评","商品广告","合同","试题与答案","诗词赏析","招聘启事","股评","检讨书","用户评论","历史故事","日文或韩文或其他语言","歌词或剧本","家书","游记","法院判决书","聊天记录","党员入党申请书","民间故事","网站导航页(列出许多讲话标题)","百科词条","倡议书"}
rows=[]
for dt,n in N.items():
    levels = spread(LEVELS,LW[dt],n) if dt in LW else [None]*n
    occ=cyc(OCC[dt],n)
    tl=[t for t in TOPICS]
    if dt=="government_work_report": topics=["general"]*n
    elif dt=="forum_address": topics=cyc([t for t in tl if t!="general"]+["science_digital","economy","office_administration","diplomacy_opening"],n)
    elif dt in("conference_speech","annual_work_summary"): topics=cyc(tl+["office_administration","general"],n)
    elif dt=="debriefing_report": topics=cyc(tl+["general"]*4+["party_building"],n)
    elif dt=="ceremonial_address": topics=cyc([t for t in tl if t not in("clean_governance","office_administration","general")]+["culture_tourism","education","economy",None,"diplomacy_opening",None],n)
    else: topics=cyc(tl,n)
    for i in range(n):
        lv,tp=levels[i],topics[i]; o=occ[i]
        if dt=="other" and o in NULL_TOPIC_OTHER: tp=None
        if dt=="news_report" and o in("工作简报(编号)","政务信息专报"): lv=R.choice(LEVELS[1:])
        if tp=="diplomacy_opening" and lv=="township": lv=R.choice(["national","provincial","municipal"])
        if tp=="diplomacy_opening" and dt in LW and R.random()<.45 and dt!="debriefing_report": lv="national"
        if lv=="township" and tp in("science_digital",) : tp="agriculture_rural" if R.random()<.3 else tp
        lo,hi=R.choice(LEN)
        if dt=="ceremonial_address" and lo>800: lo,hi=330,560
        form=R.choice(FORM)
        if dt in("official_notice","other","news_report") or o in("贺信","贺电"): form=R.choice(["whole"]*4+["middle"])
        rows.append(dict(document_type=dt,speaker_level=lv or "",topic=tp or "",subject=R.choice(TOPICS[tp]) if tp else "",era=R.choice(ERA),
          role=R.choice(ROLES[lv]) if lv else "",occasion=o,audience=R.choice(AUD[dt]),voice=R.choice(VOICE),naming=R.choice(NAMING),form=form,
          title="",length=f"{lo}-{hi}",twist=R.choice(TWIST[dt]) if R.random()<.35 else ""))
R.shuffle(rows)
for i,r in enumerate(rows):
    r["title"]="yes" if i%2 else "no"
    if r["form"] in("middle","closing"): r["title"]="no" if i%8 else "yes"

# Second part: kinds that the first part holds too few of, and long texts.
NEWS2=["新华社通稿:国家领导人会见外宾","新华社通稿:中央或部委会议召开","电视新闻稿(央视网消息式开头)","短讯:某会议或论坛召开(主办、参会、发言摘登)","省级党报头版:省委书记调研","研讨会综述报道(多位专家发言摘要)","部门新闻发布会报道","国际新闻","经济数据报道","先进人物或集体的事迹通讯","某地经验做法报道","快讯汇编(多条)","党委理论学习中心组学习消息","省领导出席活动消息","慰问活动消息"]
OTHER2=["理论文章:阐释重要论述","党报评论员文章","国际时评(报纸专栏)","党建研究文章(署名)","学者访谈","干部署名文章:谈本职工作的认识","经济评论","经验文章(作者为某单位负责人)","读书或学习体会(非发言)","史料与人物回忆","社科论文引言","杂文","网络评论","政策解读(问答式)"]
extra=[]
def add(n,dt,occ,lv,tps,lens,forms=("whole",)):
    oc=cyc(occ,n); tc=cyc(tps,n); lc=cyc(lv,n)
    for k in range(n):
        lo,hi=R.choice(lens); l=lc[k]; t=tc[k]
        extra.append(dict(document_type=dt,speaker_level=l or "",topic=t or "",subject=R.choice(TOPICS[t]) if t else "",era=R.choice(["2000s","2010s","2020s","2020s"]),
          role=R.choice(ROLES[l]) if l else "",occasion=oc[k],audience=R.choice(AUD[dt]),voice=R.choice(VOICE),naming=R.choice(NAMING),form=R.choice(forms),
          title="yes" if R.random()<.4 else "no",length=f"{lo}-{hi}",twist=R.choice(TWIST[dt]) if R.random()<.15 else ""))
ALL=list(TOPICS)
add(140,"news_report",NEWS2,[None],ALL,[(250,500),(500,900),(900,1500)])
add(130,"other",OTHER2,[None],ALL,[(400,800),(800,1400),(1400,2200)])
L3=[(1500,2100),(2000,2800)]
add(34,"annual_work_summary",OCC["annual_work_summary"],["county","municipal","institution","township","provincial"],ALL,L3)
add(40,"conference_speech",OCC["conference_speech"],["county","municipal","provincial","institution","national","township"],ALL+["office_administration"],L3)
add(28,"forum_address",OCC["forum_address"],["county","municipal","institution","national","provincial"],[t for t in ALL if t!="general"]+["office_administration"],L3)
add(24,"government_work_report",OCC["government_work_report"][:3],["county","municipal","provincial","national","township"],["general"],L3)
add(14,"debriefing_report",OCC["debriefing_report"],["county","municipal","institution","township"],ALL,L3)
add(20,"conference_speech",["企业内部讲话:负责人在工作会议上的谈话","企业座谈会上负责人与员工的谈话纪要式讲话"],["institution"],["economy","science_digital","party_building","office_administration"],[(600,1200),(1200,2000)])
add(20,"forum_address",["双边工商论坛演讲","多边峰会发言","智库对话会演讲","联合国会议发言"],["national"],["diplomacy_opening","science_digital","ecology_environment","health","economy"],[(500,1000),(1000,1800)])
add(14,"ceremonial_address",["国事访问欢迎宴会致辞","建交周年招待会致辞","国际会议开幕致辞","国家级展会贺信"],["national"],["diplomacy_opening"],[(250,500),(500,900)])
add(16,"conference_speech",["中央或部委工作会议讲话","国务院全体会议或电视电话会议讲话"],["national"],ALL,[(600,1200),(1200,2000)])
R.shuffle(extra)
# Third part: kinds and levels that the second part's model confused most.
FIRMS=["家具连锁","乳品","纺织印染","船运","软件","工程机械","连锁超市","汽车零部件","医药","物流快递","通信设备","家电","建筑装饰","新能源电池","化工","饲料养殖","教育培训","餐饮连锁","半导体","服装外贸","钢铁贸易","旅行社","游戏","农机"]
TALKS=["在区域市场汇报会上即席讲话","与新员工座谈时的讲话","研发体系干部会讲话","供应链与质量会议上的讲话","年度战略务虚会讲话(公司内部)","销售人员誓师与总结会讲话","海外或外地机构巡视时对员工讲话","干部管理与组织变革会议讲话","财务与风险控制会议讲话","自我批评大会讲话","专项项目表彰会讲话(主要提要求)","听取项目进展汇报后的讲话(纪要体,逐条)"]
third=[]
def more(n,dt,occ,lv,tps,lens,forms=FORM,lead=None,twists=.25):
    oc,tc,lc=cyc(occ,n),cyc(tps,n),cyc(lv,n)
    for k in range(n):
        lo,hi=R.choice(lens); l,t=lc[k],tc[k]
        third.append(dict(document_type=dt,speaker_level=l or "",topic=t or "",subject=R.choice(TOPICS[t]) if t else "",era=R.choice(ERA),
          role=lead(l) if lead else R.choice(ROLES[l]) if l else "",occasion=oc[k],audience=R.choice(AUD[dt]),voice=R.choice(VOICE),naming=R.choice(NAMING),form=R.choice(forms),
          title="yes" if R.random()<.45 else "no",length=f"{lo}-{hi}",twist=R.choice(TWIST[dt]) if R.random()<twists else ""))
boss=lambda _: "民营企业创始人或总裁("+R.choice(FIRMS)+")"
FIRM=["economy","science_digital","party_building","economy","clean_governance","office_administration"]
more(96,"conference_speech",TALKS,["institution"],FIRM,[(600,1100),(1000,1700),(1600,2400)],["whole","whole","middle"],boss,0)
more(20,"forum_address",["公司内部研讨会发言","行业峰会企业家演讲","技术论坛企业家演讲","商学院交流演讲"],["institution"],FIRM,[(500,1000),(900,1600)],["whole"],boss,0)
more(22,"ceremonial_address",["公司欢送酒会讲话(不布置工作)","产品鉴定或获奖后的答谢词","公司新年致辞","厂庆致辞","供应商答谢会致辞"],["institution"],["economy",None,"science_digital"],[(300,700),(700,1300)],["whole"],boss,0)
more(34,"other",["企业创始人接受记者采访(问答实录)","企业创始人与媒体座谈答问","企业内部管理制度条文","企业家自传节选"],[None],["economy","science_digital",None],[(600,1200),(1200,2200)],["whole","middle"],twists=0)
more(30,"other",["人民代表大会关于政府工作报告的决议","人大常委会关于计划和预算的审查报告","党的代表大会关于报告的决议","法律草案的说明"],[None],["general","economy"],[(250,600),(600,1200)],["whole"],twists=0)
more(40,"other",["党报理论版文章(谈工作,用许多数字)","系列评论文章之一","党刊解读文章(引用大量重要论述)","社论"],[None],ALL,[(600,1200),(1000,1900)],["whole","middle"],twists=0)
more(20,"government_work_report",["国民经济计划执行情况的报告(向代表大会)","预算报告(向代表大会)","五六十年代向代表大会所作报告的节选","八十年代政府工作报告的节选"],["national","provincial","municipal"],["general"],[(500,1000),(900,1700)],["opening","middle","whole"],twists=0)
more(18,"ceremonial_address",["国家领导人贺信","国际论坛开幕致辞(问候为主)","国事访问书面致辞"],["national"],["diplomacy_opening","education","science_digital",None],[(250,500),(500,900)],["whole"],twists=0)
HARD={"provincial":["直辖市领导","自治区领导","省厅处室负责人","省直机关(集体名义)","省委主要领导","省政府分管领导"],"municipal":ROLES["municipal"],"county":["区委领导(市辖区)","县级市市长","区局(集体名义)","旗长","县直单位(集体名义)","县委书记"],"township":ROLES["township"],"institution":ROLES["institution"],"national":ROLES["national"]}
hard=lambda l: R.choice(HARD[l])
LV=["provincial","municipal","institution","provincial","municipal","county","national","institution","township","municipal","provincial","county"]
SPEC=[t for t in ALL if t not in("general","diplomacy_opening")]
SHORT=[(200,330),(330,560),(560,880),(880,1450)]
more(120,"annual_work_summary",OCC["annual_work_summary"],LV,SPEC+["general","office_administration"],SHORT,lead=hard)
more(130,"conference_speech",OCC["conference_speech"],LV,SPEC+["general","office_administration"],SHORT,lead=hard)
more(90,"forum_address",OCC["forum_address"],LV,SPEC+["diplomacy_opening"],SHORT,lead=hard)
more(40,"debriefing_report",OCC["debriefing_report"],LV[:6]+LV[7:],SPEC+["general"],SHORT,lead=hard)
more(30,"ceremonial_address",OCC["ceremonial_address"],LV,SPEC+[None],SHORT[:3],lead=hard)
more(30,"official_notice",OCC["official_notice"],LV,SPEC+["general"],SHORT[:3],["whole","middle"],lead=hard)
R.shuffle(third)
# Fourth part: founders who reason more than they order, and officials who reason more than they greet or report.
split=len(third)
IDEAS=["谈管理思想与组织活力","谈战略取舍与长期投入","谈客户价值与产品方向","谈干部成长与用人","谈危机意识与自我批判","谈研发投入与基础研究","谈分配与激励","谈流程与授权","谈海外经营与文化融合","与员工座谈并逐条回答提问"]
more(44,"conference_speech",IDEAS,["institution"],["economy","science_digital","economy","party_building"],[(700,1300),(1200,2000),(1800,2800)],["whole","middle"],boss,0)
more(8,"forum_address",["内部研讨会上谈看法","行业论坛谈管理思想"],["institution"],["economy","science_digital"],[(700,1300)],["whole"],boss,0)
more(8,"other",["记者采访企业创始人(问答实录)"],[None],["economy","science_digital"],[(900,1800)],["whole"],twists=0)
more(24,"forum_address",["青年干部论坛","读书班心得交流","机关学习交流会发言","调研座谈会上谈认识"],["municipal","municipal","county","provincial","municipal"],["office_administration","science_digital","economy","office_administration","party_building"],[(600,1100),(1000,1900)],["whole","middle","opening"],twists=0)
more(24,"conference_speech",["办公室系统工作会议","全体干部大会","机关作风建设会议","年终工作会议"],["municipal","county","municipal"],["office_administration","office_administration","general","clean_governance"],[(500,1000),(900,1700)],["middle","closing","whole"],twists=0)
more(12,"annual_work_summary",["办公室年终总结会上宣读的总结","办公室半年工作汇报发言"],["municipal","county"],["office_administration"],[(500,1000),(900,1600)],["whole","middle"],twists=0)
fourth=third[split:]; del third[split:]; R.shuffle(fourth)
# Fifth part: leaders who explain and argue at length before they assign work, as real speeches do.
ARGUES=["前半篇讲道理、引重要论述,后半篇才布置工作","多设问、多引俗语古语,要求夹在议论里","大段分析形势与差距,要求笼统","像谈心,讲认识多于讲任务","逐条讲怎样做人做事做官,没有数字","全篇讲概念与理念,最后一段才说我市怎么办"]
split=len(third)
BIG=[(900,1500),(1400,2200),(2000,3000)]
more(76,"conference_speech",OCC["conference_speech"],["municipal","county","provincial","municipal","township","county","institution","national"],["office_administration","general","office_administration"]+SPEC,BIG,["whole","middle","whole"],hard,0)
more(44,"forum_address",["全市办公室系统经验交流会发言","学习重要讲话座谈会发言","政府办公室青年论坛发言","年轻干部成长论坛发言","理论研讨会发言(结合本职)","处长讲坛主讲","数字政府研讨会发言","读书会领读发言"],["municipal","county","municipal","provincial","institution"],["office_administration","science_digital","party_building","economy","office_administration","culture_tourism"],BIG,["whole","opening","whole"],hard,0)
more(20,"annual_work_summary",["办公室主任在年终总结会上的总结讲话","半年工作总结会上的讲话(主要是回顾与打算)"],["municipal","county"],["office_administration","general"],BIG,["whole"],hard,0)
fifth=third[split:]; del third[split:]; R.shuffle(fifth)
for row in fifth:
    row["twist"]=row["twist"] or R.choice(ARGUES)
# Sixth part: occasions that the other parts lack, so that what is learnt hangs less on the occasions we happened to think of.
SIXTH={
 "conference_speech":["安委会或防指全体会议讲话","招商引资工作例会讲话","经济形势分析会讲话","党委理论学习中心组(扩大)学习会讲话","述职评议会点评讲话","纪委全会上的讲话","政协或工商联会议上党委领导讲话","巡察工作动员或反馈会讲话","新任领导到任见面会讲话","离任交接干部会讲话","村民代表大会或村两委扩大会讲话","院长在全院职工大会上的讲话","校长在教师大会上的讲话","考前动员或开学工作会讲话(对师生提要求)","信贷或经营分析会讲话","工会或共青团代表大会上党委领导讲话","项目观摩点评会讲话","民兵整组或征兵工作会议讲话","春运或假日值守工作会议讲话","编制或预算工作会议讲话","重点工程现场办公会讲话","信访接待日碰头会讲话","灾后重建或抢险现场会议讲话","公文与信息员业务培训班讲话","老干部情况通报会讲话(通报并请求支持)","国有企业半年工作会议总经理讲话"],
 "forum_address":["党外人士座谈会发言","乡贤或校友座谈会发言","教研活动主题发言","班主任经验交流发言","学科专业委员会学术报告","律师或会计师协会论坛发言","媒体或出版论坛演讲","创业沙龙分享","人才论坛发言","城市发展论坛演讲","文化讲坛或文博研讨会发言","海峡或港澳论坛发言","巾帼论坛发言","银行或保险业论坛演讲","党校学员研讨交流发言","主题教育集中学习研讨发言","基层单位典型经验介绍(在上级会上)","质量或标准化论坛演讲","农业或粮食产业大会演讲","医院管理论坛发言","生态保护国际研讨会发言","智慧城市或大数据峰会演讲","立法或司法研讨会发言","家长会或家庭教育论坛发言","调研成果交流会发言","产业联盟或园区对话会发言"],
 "annual_work_summary":["党支部年度工作总结","驻村工作队年度工作总结","工会年度工作总结","医院科室年度工作总结","协会换届工作报告(向会员大会)","政协常委会工作报告","工作专班阶段工作总结","村两委年度工作汇报","供销社或信用社年度总结","督查室或信息科年度工作总结","学校德育或教务处工作总结","纪检监察组年度工作总结","慈善会或志愿者组织年度报告","公司年度经营情况报告"],
 "debriefing_report":["村干部述职","校长或园长述职","院长或科主任述职","支行或分公司负责人述职","驻村第一书记述职","人大代表向选民述职","年度述法报告","派出所或法庭负责人述职","国有企业领导人员述职述廉","督学、辅导员或教师述职"],
 "ceremonial_address":["毕业生或新生代表致辞","重阳茶话会致辞","教师节或护士节慰问致辞","丰收节或旅游节开幕致辞","书画展开幕致辞","商会成立庆典致辞","投产或开业庆典致辞","马拉松或全民健身赛开赛致辞","退休欢送会致辞","客户答谢晚宴致辞","结对帮扶协议签字致辞","社区邻里节或百家宴致辞"],
 "government_work_report":["人大常委会工作报告(向代表大会)","法院工作报告(向代表大会)","检察院工作报告(向代表大会)","镇人民代表大会政府工作报告"],
 "news_report":["政务微信公众号推文(会议动态)","工作动态(部门网站,一两段)","督查通报式简报","领导讲话摘登(第三人称转述)","项目进展报道","法院宣判消息"],
 "official_notice":["考核结果通报","工作要点","应急预案","表态函或复函","活动方案","督查通知"],
 "other":["年鉴条目","地方志概述","报告文学","会议议程与座次表","主持人串词","政策一图读懂文字版","教案","致家长的一封信","论文摘要与关键词","演讲技巧讲义","电视访谈对话整理","学习笔记摘抄","组织简介或领导简历页","竞赛试题里的材料题"],
}
SIXTH_COUNT={"conference_speech":112,"forum_address":112,"annual_work_summary":60,"debriefing_report":40,"ceremonial_address":40,"government_work_report":20,"news_report":24,"official_notice":18,"other":50}
OWN={"校":["高中","小学","高校","职业学院"],"班主任":["高中","小学"],"教研":["高中","小学","高校"],"园长":["幼儿园","小学","高中"],"教师":["高中","小学","高校"],"教务":["高中","高校"],"家长":["小学","高中","幼儿园"],"考前":["高中"],"毕业":["高校","高中"],"院长":["三级医院","卫生院"],"医院":["三级医院","卫生院"],"护士":["三级医院"],"科室":["三级医院"],"支行":["商业银行","保险证券公司"],"信贷":["商业银行"],"银行":["商业银行","保险证券公司"],"公司":["国有企业","民营企业"],"企业":["国有企业"],"客户":["民营企业"],"投产":["民营企业","国有企业"],"协会":["行业协会"],"商会":["行业协会"],"联盟":["行业协会","民营企业"],"慈善":["慈善或社会组织"],"创业":["民营企业"],"律师":["行业协会"],"媒体":["国有企业"],"学科":["学会","高校"],"信用社":["商业银行"]}
def crossed(dt,occasions,n):
    inside=dt in LW
    lv=spread(LEVELS,LW[dt],n) if inside else [None]*n
    tc=cyc(["general"] if dt=="government_work_report" else ALL if dt!="forum_address" else [t for t in ALL if t!="general"],n); oc=cyc(occasions,n); out=[]
    for k in range(n):
        o,l,t=oc[k],lv[k],tc[k]; lo,hi=R.choice([(250,450),(450,800),(700,1200),(1000,1800),(1600,2600)][:3 if dt in("ceremonial_address","news_report","official_notice","other") else 5])
        role=R.choice(ROLES[l]) if l else ""
        if inside and l:
            if "村" in o: l="township"; role=R.choice(["村支部书记","驻村第一书记","社区书记"]); t=R.choice(["agriculture_rural","general","party_building","ecology_environment"])
            elif "镇人民" in o: l="township"; role=R.choice(["镇长","乡长"])
            elif dt!="government_work_report":
                key=next((x for x in OWN if x in o),None)
                if key: l="institution"; role=R.choice(OWN[key])
                elif l=="institution" and dt=="conference_speech" and "国有" not in o and "培训" not in o: l=R.choice(["county","municipal","township"]); role=R.choice(ROLES[l])
            if t=="diplomacy_opening" and l in("township","county"): t="livelihood"
        out.append(dict(document_type=dt,speaker_level=l or "",topic=t or "",subject=R.choice(TOPICS[t]) if t else "",era=R.choice(ERA),role=role,occasion=o,audience=R.choice(AUD[dt]),
          voice=R.choice(VOICE),naming=R.choice(NAMING),form=R.choice(["whole"]*6+["opening","middle","middle","closing"]) if inside else "whole",
          title="yes" if R.random()<.4 else "no",length=f"{lo}-{hi}",twist=R.choice(TWIST[dt]) if R.random()<.25 else ""))
    return out
sixth_part=[row for dt,n in SIXTH_COUNT.items() for row in crossed(dt,SIXTH[dt],n)]; R.shuffle(sixth_part)
# Seventh part: kinds of the pages that are no speech, each a new one, and more occasions of the rest.
SEVENTH={
 "other":["商务邮件","会议录音转写(多人插话,无整理)","产品评测","法律咨询问答","企业招股说明书节选","审计报告意见段","课文与课后题","纪录片解说词","演讲稿写作示例(带点评)","经典著作摘录与注释","政协提案正文","信访信件","工程监理日志","旅游攻略","直播带货话术","电视剧台词本","悼词或讣告","座右铭与名言汇编","论坛议程及嘉宾介绍","学术会议征文启事","政策条文汇编目录","个人博客杂记","网课讲稿","寓言与童话","公司发展史","投资者问答记录","专家点评文章","时政评论员观察","老干部回忆文章","报刊编者按与卷首语","调查报告(学术)","个人思想汇报","辩论赛陈词","知识竞赛主持词","村史碑文","申论范文","获奖感言集锦","党史故事","企业文化手册","民意调查问卷"],
 "news_report":["集团要闻(企业内刊)","法治新闻","科技新闻","财经快讯","会议侧记","工地见闻通讯","卫生健康动态","教育局网站动态","人大常委会会议公报式消息","表彰大会消息(附名单)","应急处置情况通报(新闻发布)","新闻评论式消息"],
 "official_notice":["督办单","意见征求函","预算批复","工作提示","情况报告(公文)","招标公告","处分决定","建设项目公示","责任书","年度计划要点(印发)"],
 "conference_speech":["公司董事长与中层座谈(即席,随想式)","总裁在海外代表处的谈话","研究院务虚会上的谈话","与高校毕业生新员工问答式谈话","公司内部批评会上的谈话","总工程师在技术路线会上的讲话","市长在民营企业座谈会总结讲话","局长在机关干部大会上的即席讲话","领导在培训班上的讲课式讲话","县委书记在三级干部会上的讲话","常务副职在工作推进视频会上的点评","村支书在院坝会上的讲话"],
 "forum_address":["企业家在政府座谈会上的发言","研究员在内部研讨会上的长篇发言","局长在联席论坛上谈体会","来访代表团座谈发言","校友企业家讲坛","基层干部在学习会上谈体会"],
 "annual_work_summary":["市直部门年度工作总结(分条)","企业部门年度总结","县直部门半年总结(节选)","乡镇年度工作汇报(节选)","系统单位五年工作回顾","信息简报室季度小结","整改工作总结","专项督查工作总结"],
 "government_work_report":["政府工作报告节选:民生部分","政府工作报告节选:形势与问题","乡镇政府工作报告节选"],
 "debriefing_report":["副职领导述职","股室负责人述职","挂职干部述职","班组长或村医述职"],
 "ceremonial_address":["博览会开馆致辞","慈善晚宴致辞","老兵座谈茶会祝词","校企合作签约致辞"],
}
SEVENTH_COUNT={"other":160,"news_report":48,"official_notice":40,"conference_speech":72,"forum_address":36,"annual_work_summary":56,"government_work_report":24,"debriefing_report":24,"ceremonial_address":16}
OWN.update({"董事长":["民营企业"],"总裁":["民营企业"],"研究院":["民营企业","研究院所"],"新员工":["民营企业"],"总工程师":["国有企业","民营企业"],"集团":["国有企业"],"研究员":["研究院所"],"班组":["国有企业"],"股室":["供电或通信公司"]})
seventh_part=[row for dt,n in SEVENTH_COUNT.items() for row in crossed(dt,SEVENTH[dt],n)]; R.shuffle(seventh_part)
# Eighth part: kinds of page again, to test by and not to learn from (unseen/).
EIGHTH={
 "other":["起诉状","答辩状","仲裁裁决书","行政处罚决定书正文","授权委托书","公司章程条文","上市公司公告","商业计划书","产品白皮书","项目可行性研究报告节选","招标文件技术要求","品牌故事","客户案例介绍","企业管理专栏文章","管理学案例教材","管理类畅销书节选","创业者自述(杂志口述体)","企业家语录汇编(按主题编排)","读企业家讲话的感想","内部刊物编者文章","财经记者人物特写(大段引语)","播客文字稿(两人对谈)","短视频文案","公众号职场文","网络问答帖","微博合集","网页评论区","电商详情页","隐私政策或用户协议","软件更新日志","网站关于我们页","文档下载站的摘要页","公文写作模板(填空)","范文素材句库","排比句与小标题集锦","领导讲话金句摘编","公务员面试题与参考答案","党课提纲(只有要点)","主题党日活动记录","谈心谈话记录","支部会议记录(发言要点)","民主生活会对照检查材料","转正申请","个人自传(组织材料)","干部考察材料","先进事迹材料(第三人称)","推荐信或证明","地方文史资料","村规民约","家训与族谱序","宣传标语口号集","承诺书或保证书","学生守则与班规","学生作文","教师教学反思","听课记录","实习日记","读后感","观后感","论文致谢","实验报告","开题报告与文献综述","经济学论文节选","田野调查笔记","政府白皮书章节","五年规划纲要文本","统计公报","经济运行分析文章","智库研究报告","政策评估报告","评审意见书","环评报告节选","技术规范条文","操作规程","病历与出院小结","以案说法","违纪者忏悔书","巡察整改情况公开文本","意见建议汇总表","信息公开答复书","热线工单记录","人民来信摘编","天气预报稿","体育解说稿","娱乐新闻评论","星座运势","武侠或网络小说","官场小说片段(无讲话)","历史小说朝堂奏对","话剧独白","相声小品","快板与三句半","婚礼主持词","颁奖词","导游词","展览馆解说词","祭文","古文与译注","外国历史演说名篇(译文)","口述史","历史或地理课本","军事评论","招商手册","城市宣传片文案","开发区或乡镇概况","部门职责与内设机构","办事指南","小区物业通知","租房与相亲帖","个人工作日志"],
 "news_report":["每日要闻摘要","信息快报(一周要情)","典型人物通讯","政务信息(经验做法专报)","电视新闻口播稿","广播新闻稿","社会新闻","国际新闻","公司新闻稿","校园新闻","会议报道(大段引语)","新闻发布会实录摘要"],
 "official_notice":["市长办公会议纪要(编号)","专题协调会议纪要(编号)","上行专题报告(公文)","资金或机构请示","实施细则","任免通知","表彰决定","会议通知(含议程)","事故通报","创建方案","若干措施","通告"],
 "annual_work_summary":["防汛抗旱工作总结","创文创卫阶段总结","春节慰问工作总结","信息化建设总结","普法宣传周总结","质量月活动总结","换届选举工作总结","项目建设年总结","党建品牌创建总结","财务决算工作总结","三年行动收官总结","巡察整改落实情况报告","教研组学期总结","一季度经济工作情况汇报","对口支援工作总结","安全生产月总结"],
 "conference_speech":["董事长在经营管理团队会上的讲话","总裁与海外员工座谈讲话","创始人在内部表彰会上的讲话","创始人在产品发布前内部动员讲话","公司战略与预算会总结讲话","门店店长大会讲话","集团财经管理干部会讲话","部务会上的讲话","专题研讨班结业讲话","省委书记在读书班上的讲话","部长在系统座谈会上的讲话","大学党委书记在干部会上的讲话"],
 "forum_address":["代表团小组会审议发言","政协联组会发言","企业家在商学院开学课演讲","标准化或行业年会主题报告","青年学者沙龙发言","省际合作联席会议发言"],
 "government_work_report":["政府工作报告节选:政府自身建设","政府工作报告节选:过去五年回顾"],
 "debriefing_report":["述职述廉报告节选:存在问题","公司高管述职","科级干部述职","社区书记述职"],
}
EIGHTH_COUNT={"other":330,"news_report":48,"official_notice":48,"annual_work_summary":64,"conference_speech":72,"forum_address":24,"government_work_report":16,"debriefing_report":16}
OWN.update({"创始人":["民营企业"],"公司":["民营企业","国有企业"],"店长":["民营企业"],"大学":["高校"],"教研组":["高中","小学"],"企业家":["民营企业"],"学者":["高校","研究院所"],"高管":["民营企业","国有企业"],"行业年会":["行业协会"]})
eighth_part=[row for dt,n in EIGHTH_COUNT.items() for row in crossed(dt,EIGHTH[dt],n)]; R.shuffle(eighth_part)
for row in eighth_part:
    for word,level in (("省委书记","provincial"),("部长","national"),("部务会","national"),("社区书记","township")):
        if word in row["occasion"]: row["speaker_level"]=level; row["role"]=row["occasion"].split("在")[0] if "在" in row["occasion"] else "社区书记" if level=="township" else "部务会成员"
# Ninth part: long texts, since real speeches run to twenty pages and the other parts stop at three.
NINTH={
 # document type: number, levels, topics, lengths, occasions
 "conference_speech":(82,["municipal","county","national","provincial","county","institution","municipal","provincial","township"],["general","economy","general"]+SPEC,[(3000,4200),(3800,5200),(5000,7500)],
  ["经济工作会议讲话","全委会或党代会上的讲话","三级干部大会讲话","全国系统工作会议讲话","全省专项工作会议讲话","党风廉政建设大会讲话","安全生产电视电话会议讲话","农村工作会议讲话","宣传思想工作会议讲话","教育工作大会讲话","科技创新大会讲话","政法工作会议讲话","生态环境保护大会讲话","党建工作会议讲话","主题教育总结大会讲话","专题研讨班讲课式讲话","扶贫开发工作会议讲话","人才工作会议讲话","文艺或知识分子座谈会上领导讲话","纪念大会上的长篇讲话(回顾历史、提出要求)","职工代表大会总经理讲话","全校教职工大会讲话","公司半年工作会议董事长讲话","干部读书班上的长篇讲话","换届后首次机关干部大会讲话","老领导在训练班上的讲话(口语、讲历史)","城市工作会议讲话"]),
 "government_work_report":(30,["municipal","county","provincial","national","township"],["general"],[(4200,6000),(5500,8500)],
  ["长篇年度政府工作报告","长篇届末政府工作报告","长篇换届首次政府工作报告","长篇计划执行情况报告(向代表大会)","八九十年代长篇政府工作报告"]),
 "annual_work_summary":(42,["county","municipal","institution","township","provincial","national"],SPEC+["general","office_administration"],[(3000,4200),(3800,5500)],
  ["部门年度工作总结(长篇)","乡镇全年工作总结(长篇)","向省市检查组的长篇汇报","系统年终会上的工作报告","职代会工作报告(长篇)","五年工作回顾与今后打算(长篇)","上半年工作总结(长篇)","专项行动全面总结(长篇)","学校或医院年度总结(长篇)","协会理事会工作报告(长篇)"]),
 "forum_address":(36,["institution","municipal","county","national","provincial"],["economy","science_digital","office_administration"]+SPEC+["diplomacy_opening"],[(3000,4200),(3600,5200)],
  ["学术年会长篇报告","论坛长篇主旨演讲","讲坛长篇演讲","读书班长篇学习体会","经验交流会长篇发言","国际会议长篇演讲","企业家长篇演讲","理论研讨会长篇发言","政协专题议政长篇发言"]),
 "debriefing_report":(14,["county","municipal","institution","township"],SPEC+["general"],[(2600,3600),(3200,4500)],
  ["长篇年度述职述廉报告","长篇任期述职报告","长篇党建述职报告"]),
 "ceremonial_address":(12,["national","municipal","institution","provincial"],[None,"diplomacy_opening","education","culture_tourism"],[(1200,1800),(1600,2600)],
  ["长篇毕业典礼致辞","长篇周年庆典致辞","长篇国事欢迎致辞","长篇新年致辞"]),
 "news_report":(14,[None],ALL,[(1800,2800),(2500,3800)],
  ["长篇通讯","会议长篇综述","人物长篇报道","深度报道","发布会长篇实录式报道"]),
 "other":(36,[None],ALL+[None],[(2600,3800),(3500,5500)],
  ["长篇理论文章","长篇学术论文","长篇小说章节","长篇访谈实录","长篇会议逐字记录","长篇调研报告","长篇条例全文","长篇回忆录","上市公司年报节选(长篇)","长篇时评","白皮书长篇章节","写作讲义(长篇)"]),
}
def ninth(dt):
    n,levels,topics,lengths,occasions=NINTH[dt]; oc,lc,tc=cyc(occasions,n),cyc(levels,n),cyc(topics,n); out=[]
    for o,l,t in zip(oc,lc,tc):
        if any(x in o for x in ("职工","校","公司","企业","协会","医院","理事会","职代会","毕业")): l="institution" if l else None
        elif "全国" in o or "国事" in o: l="national"
        elif "全省" in o: l="provincial"
        elif "乡镇" in o: l="township"
        lo,hi=R.choice(lengths)
        out.append(dict(document_type=dt,speaker_level=l or "",topic=t or "",subject=R.choice(TOPICS[t]) if t else "",era=R.choice(ERA),role=R.choice(ROLES[l]) if l else "",occasion=o,audience=R.choice(AUD[dt]),
          voice=R.choice(VOICE),naming=R.choice(NAMING),form="whole" if R.random()<.8 else "opening" if R.random()<.5 else "middle",title="yes" if R.random()<.45 else "no",length=f"{lo}-{hi}",
          twist=R.choice(ARGUES) if dt=="conference_speech" and R.random()<.5 else R.choice(TWIST[dt]) if R.random()<.15 else ""))
    return out
ninth_part=[row for dt in NINTH for row in ninth(dt)]; R.shuffle(ninth_part)
# Tenth part: long talks that reason more than they assign, and long pages that reason and are no talk.
split=len(third)
LONG=[(2400,3600),(3200,4800),(4200,6500)]
more(24,"conference_speech",["在战略务虚会上的长篇讲话","在干部大会上的长篇讲话(谈人才与文化)","在研发大会上的长篇讲话","在海外片区会议上的长篇讲话","与新员工座谈的长篇讲话(含问答)","在财经与流程变革会议上的长篇讲话","在市场大会上的长篇讲话","听取汇报后的长篇讲话"],["institution"],FIRM,LONG,["whole","whole","middle"],boss,0)
more(16,"conference_speech",["中央工作会议上的长篇讲话(论形势与任务)","全国性座谈会上的长篇讲话(论认识与方法)","全国代表会议上的长篇讲话(论历史经验)","党校开学典礼上的长篇讲话"],["national"],["general","party_building","economy","culture_tourism","agriculture_rural","science_digital"],LONG,["whole","middle","whole"],None,0)
more(16,"other",["管理学长篇文章","企业史著作章节","理论著作章节","长篇人物访谈(企业家,问答)","党史论文(论某次会议)","政论长文(署名)"],[None],["economy","science_digital","party_building","general"],LONG[:2],["whole","middle"],None,0)
tenth_part=third[split:]; del third[split:]; R.shuffle(tenth_part)
# Eleventh part: more of the tenth's kinds, which the first model that learnt them still mistook most.
split=len(third)
TALK=[(900,1600),(1600,2600),(2400,3800),(3400,4800)]
more(44,"conference_speech",["在业务汇报会上听后的讲话","在代表处或分厂与员工座谈的讲话","在质量与品质系统会议上的讲话","在变革项目进展汇报会上的讲话(分条,随想)","在人力资源工作会议上的讲话","在片区总经理会议上的讲话","内部邮件转发的负责人讲话(有签发、主送)","在安全与员工关爱座谈会上的讲话","在展会筹备总结会上的讲话(有问有答)","在内控与风险汇报会上的讲话","新年度干部大会上的讲话"],["institution"],FIRM,TALK,["whole","whole","middle"],boss,0)
more(36,"conference_speech",["中央领导在专家座谈会上听取意见后的讲话","中央领导在地方考察座谈会上的讲话","纪念或庆祝大会上的讲话(总结经验、部署今后)","主题教育总结大会讲话","研究应对突发事件会议上的讲话","企业家座谈会上领导的讲话","专项攻坚座谈会讲话","系统干部大会讲话(论方法)","省委书记在全委会上的讲话(论形势)"],["national","national","provincial","national"],["economy","science_digital","party_building","health","general","agriculture_rural","culture_tourism"],TALK,["whole","middle","whole"],None,0)
more(24,"other",["企业年刊文章","人物访谈(高管,问答)","理论文章(署名,谈方法)","管理学书评","评论:读一篇讲话","企业史料汇编"],[None],["economy","science_digital","party_building","general"],TALK[:3],["whole","middle"],None,0)
eleventh_part=third[split:]; del third[split:]; R.shuffle(eleventh_part)
# Twelfth part: speakers, occasions and ways of speaking at meetings that no part has had; the neighbours they are mistaken for.
TWELFTH={
 # document type: number, levels, topics, lengths, occasions
 "conference_speech":(132,["national","institution","provincial","municipal","county","institution","provincial","national","municipal","township"],SPEC+["general","economy","diplomacy_opening","general"],[(700,1200),(1100,1900),(1700,2800),(2400,3600)],
  ["听取工作组汇报后逐项谈意见","在常委扩大会上谈思想方法","理论学习中心组学习会上的总结讲话","在党校春季班上讲党的历史经验","在科学家和工程师会议上讲科研方向","在文艺工作会议上讲创作","在外事工作会议上讲国际形势","在计划会议上讲综合平衡(五六十年代口吻)","在农村调查后向干部谈看法(六十年代口吻)","在整顿企业会议上的讲话(八十年代口吻)","在特区或开发区现场办公会上的讲话","在高校校长办公扩大会上的讲话","在学院教学工作会议上的讲话","医院周会上院长的讲话","法官检察官大会上的讲话","公安局队伍建设会上的讲话","银行系统行长会议上的讲话","铁路局安全对话会上的讲话","电网公司迎峰度夏会上的讲话","煤矿班前会与矿长讲话","建筑集团项目经理会上的讲话","酒厂或乳企经销商会前内部动员讲话","报社编前会与总编辑讲话","电视台选题会上台长讲话","体育局备战会上的讲话","妇联团委干部会上的讲话","供销社与粮食系统会议讲话","水利工程工地会议讲话","抗灾抢险一线会议讲话","灾后重建调度会讲话","对口帮扶联席会上的讲话","督导组反馈会上的表态讲话","巡视动员会上被巡视单位负责人的讲话","新任职见面会上的讲话","离任交接会上的讲话(有嘱托有要求)","退休老领导受邀给年轻干部讲传统","机关支部大会上书记讲党课(布置任务)","青年员工座谈会上总经理答问并提要求","项目复盘会上的讲话(只讲问题)","一把手在民主生活会上的点评讲话","视频会议上的插话与总结","县委书记与乡镇书记谈心式讲话","村民代表大会上村书记讲话","社区网格员例会讲话","合作社社员大会理事长讲话","行业协会理事会上会长讲话(部署)","基金会或志愿者大会秘书长讲话","研究所所务会上所长讲话"]),
 "forum_address":(44,["institution","national","municipal","provincial","county"],[t for t in ALL if t!="general"],[(700,1300),(1200,2200),(2000,3200)],
  ["学会学术沙龙上的即席发言","高端智库闭门会上的发言","国际组织会议上的代表发言","大学讲坛上企业家谈创业","医院院长论坛谈管理","校长论坛谈办学","老区或边疆干部在座谈会上谈认识","全国两会小组讨论发言","院士在战略咨询会上谈看法","诗人作家在笔会上的发言","年轻干部学习贯彻研讨发言","企业代表在政企恳谈会上的发言","律师或法官在实务研讨会上的发言","县长在县域经济论坛上的演讲","展会配套论坛演讲(技术讲解)"]),
 "annual_work_summary":(22,["institution","county","municipal","township","provincial"],SPEC,[(800,1500),(1400,2600)],
  ["学会或基金会年度工作回顾(会上宣读)","科研院所年度总结","集团公司半年工作报告(向职代会)","窗口单位年度小结","监狱或强制隔离戒毒所工作总结","驻外办事处年度总结","图书馆文化馆年度总结","巡回医疗队工作总结"]),
 "ceremonial_address":(14,["national","institution","municipal","provincial"],[None,"diplomacy_opening","culture_tourism","education","economy"],[(400,800),(700,1300)],
  ["文化年闭幕式致辞","科学奖颁奖礼致辞","港口首航仪式致辞","老校友返校日致辞","志愿者出征仪式致辞(只祝愿)","国庆招待会致辞","公司上市敲钟致辞"]),
 "news_report":(18,[None],ALL,[(500,1000),(900,1700)],
  ["领导讲话全文前的长篇新闻报道","公司领导讲话的内部新闻报道","会议综述(逐人摘引发言)","考察纪行(记者随行)","院士报告会报道","领导与青年座谈的侧记"]),
 "other":(50,[None],ALL+[None,None],[(700,1300),(1200,2200),(2000,3200)],
  ["企业文化专栏文章(第一人称)","党史回忆录中的会议一节","政论小册子章节","经济学者专栏","历史人物评述","哲学讲义(成文)","社会学随笔","企业家传记章节(含对话)","主编手记","革命回忆录","书信体谈心文章","文件学习辅导材料","课题结题报告","管理咨询诊断书","高校思政课讲稿(讲课不布置工作)","读者来信与编辑答复","纪实文学片段","领导人著作的学习问答","演讲比赛稿(歌颂、抒情)","军事或国际观察文章"]),
}
def twelfth(dt):
    n,levels,topics,lengths,occasions=TWELFTH[dt]; oc,lc,tc=cyc(occasions,n),cyc(levels,n),cyc(topics,n); out=[]
    for o,l,t in zip(oc,lc,tc):
        if l:
            for words,level in ((("校","学院","院长","医","银行","铁路局","电网","煤矿","集团","酒厂","报社","电视台","总经理","公司","合作社","协会","基金会","学会","研究所","科研院所","企业家","企业代表","律师","诗人","敲钟","图书馆","展会"),"institution"),(("村民","社区"),"township"),(("县委书记","县长"),"county"),(("两会","国际组织","国庆","院士","计划会议","文艺工作","外事工作"),"national")):
                if any(x in o for x in words): l=level; break
        lo,hi=R.choice(lengths)
        out.append(dict(document_type=dt,speaker_level=l or "",topic=t or "",subject=R.choice(TOPICS[t]) if t else "",era=R.choice(ERA),role=R.choice(ROLES[l]) if l and l!="institution" else "",occasion=o,audience=R.choice(AUD[dt]),
          voice=R.choice(VOICE),naming=R.choice(NAMING),form=R.choice(["whole"]*5+["opening","middle","middle","closing"]) if l else "whole",title="yes" if R.random()<.4 else "no",length=f"{lo}-{hi}",
          twist=R.choice(ARGUES) if dt=="conference_speech" and R.random()<.35 else R.choice(TWIST[dt]) if R.random()<.2 else ""))
    return out
twelfth_part=[row for dt in TWELFTH for row in twelfth(dt)]; R.shuffle(twelfth_part)
seen=set()
w=csv.DictWriter(sys.stdout,["id"]+list(rows[0].keys()),lineterminator="\n"); w.writeheader()
for i,r in list(enumerate(rows))+list(enumerate(extra,2600))+list(enumerate(third+fourth+fifth+sixth_part+seventh_part+eighth_part+ninth_part+tenth_part+eleventh_part+twelfth_part,2600+len(extra))):
    k=tuple(r.values()); assert k not in seen; seen.add(k)
    w.writerow({"id":f"b{i:04d}",**r})
